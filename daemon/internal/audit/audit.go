// Package audit writes one line for each call that ended, in files that are
// rotated, and reads them again. A line says who called what, when, how it
// ended and how large it was; never params, results or secrets.
//
// Writing is never in the way of a call: [Log.Record] puts a record into a
// bounded queue and returns. A disk that is slow, full or gone costs records,
// which are counted, and [Log.Status] says why. One goroutine writes, a moment
// later and several at once: to wake it for each would cost more than the call.
package audit

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Record is one call that ended.
type Record struct {
	Time         time.Time     `json:"time"` // when it came
	Session      string        `json:"session,omitempty"`
	Client       string        `json:"client,omitempty"`
	Server       string        `json:"server,omitempty"` // empty when the name stood for nothing
	Tool         string        `json:"tool,omitempty"`   // the server's own name; empty for other methods
	Method       string        `json:"method"`
	Outcome      string        `json:"outcome"` // as in the metrics
	Duration     time.Duration `json:"duration_ns"`
	RequestBytes int           `json:"request_bytes"` // of the params
	ResultBytes  int           `json:"result_bytes"`  // of the answer's frame
}

// Refused is the outcome of a call that reached no server.
const Refused = "refused"

// maxText is the most that is kept of one text of a record. A client chooses
// its own name.
const maxText = 200

// Options may all be left zero.
type Options struct {
	MaxSize int64               // of one file, in bytes; 10 MiB
	Keep    int                 // old files beside the current one; 5
	Queue   int                 // records that may wait for the disk; 4096
	Delay   time.Duration       // how long a record waits for others; 50ms
	Retry   time.Duration       // between attempts after a failure; 1s
	Now     func() time.Time    // time.Now
	Mask    func(string) string // takes secrets out of what clients name; the text as it is
	Log     *slog.Logger        // told when writing fails, and when it works again

	// OpenFile opens path for reading and appending, and makes it with mode 0600.
	OpenFile func(path string) (File, error)
}

// File is what a [Log] needs of a file. *os.File is one.
type File interface {
	Write([]byte) (int, error)
	ReadAt([]byte, int64) (int, error)
	Stat() (fs.FileInfo, error)
	Close() error
}

// Log is an audit log in use. It is safe for concurrent use.
type Log struct {
	path   string
	opts   Options
	opened time.Time

	queue   chan Record
	crowded chan struct{} // half of the queue is full: nothing waits for others
	quit    chan struct{} // closed by Close
	once    sync.Once
	stop    context.CancelFunc // of loading
	running sync.WaitGroup     // the writer and the loader

	dropped  atomic.Int64
	accepted atomic.Int64 // put into the queue
	written  atomic.Int64 // and from there to the disk
	busy     atomic.Int64 // when the write that goes on began, unix ns; 0: none

	mu      sync.Mutex
	lastErr string

	usage  usage
	loaded chan struct{} // closed when usage holds what the files say
}

// Open begins to write to audit.jsonl in dir. It does not touch the disk: that
// is the writer's, so that a bad disk does not keep loomd from starting.
func Open(dir string, opts Options) *Log {
	if opts.MaxSize <= 0 {
		opts.MaxSize = 10 << 20
	}
	if opts.Keep <= 0 {
		opts.Keep = 5
	}
	if opts.Queue <= 0 {
		opts.Queue = 4096
	}
	if opts.Delay <= 0 {
		opts.Delay = 50 * time.Millisecond
	}
	if opts.Retry <= 0 {
		opts.Retry = time.Second
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.OpenFile == nil {
		opts.OpenFile = openFile
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Log{
		path: filepath.Join(dir, fileName), opts: opts, opened: opts.Now(), queue: make(chan Record, opts.Queue), crowded: make(chan struct{}, 1),
		quit: make(chan struct{}), stop: cancel, loaded: make(chan struct{}),
	}
	l.usage.since = l.opened
	l.running.Go(func() { l.load(ctx) }) // ends with the files, or at Close
	l.running.Go(l.write)                // ends at Close
	return l
}

// Path is the current file.
func (l *Log) Path() string { return l.path }

// Record takes a call down. It never waits and never fails: when too many
// records wait for the disk, this one is dropped and counted.
func (l *Log) Record(r Record) {
	for _, text := range []*string{&r.Session, &r.Client, &r.Server, &r.Tool, &r.Method, &r.Outcome} {
		if len(*text) > maxText {
			*text = strings.ToValidUTF8((*text)[:maxText], "") + "…"
		}
	}
	l.usage.add(r)
	select {
	case <-l.quit:
		l.dropped.Add(1)
		return
	default:
	}
	select {
	case l.queue <- r:
		l.accepted.Add(1)
	default:
		l.dropped.Add(1)
	}
	if len(l.queue) >= cap(l.queue)/2 {
		select {
		case l.crowded <- struct{}{}:
		default:
		}
	}
}

// slow is how long one write may take before Status calls it a failure.
const slow = 2 * time.Second

// Status says how many records were lost since Open, and what is wrong with
// the disk now: empty when nothing is.
func (l *Log) Status() (dropped int64, lastError string) {
	l.mu.Lock()
	lastError = l.lastErr
	l.mu.Unlock()
	if began := l.busy.Load(); lastError == "" && began != 0 {
		if took := l.opts.Now().Sub(time.Unix(0, began)); took > slow {
			lastError = fmt.Sprintf("writing to %s takes %s so far", l.path, took.Round(time.Second))
		}
	}
	return l.dropped.Load(), lastError
}

// closeLimit is how long Close waits for the disk.
const closeLimit = 2 * time.Second

// Close writes what waits and closes the file. A disk that does not take it
// within 2 s is left to itself, with the writer that hangs in it.
func (l *Log) Close() error {
	l.once.Do(func() {
		close(l.quit)
		l.stop()
	})
	ended := make(chan struct{})
	go func() { // ends with the writer, which the disk may hold for ever
		l.running.Wait()
		close(ended)
	}()
	limit := time.NewTimer(closeLimit)
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
	}
	if lost := l.accepted.Load() - l.written.Load(); lost > 0 {
		if _, cause := l.Status(); cause != "" {
			return fmt.Errorf("records not written: %d (%s)", lost, cause)
		}
		return fmt.Errorf("records not written: %d", lost)
	}
	return nil
}
