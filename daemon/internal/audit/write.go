package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

const fileName = "audit.jsonl"

// batch is how many bytes are gathered for one write.
const batch = 64 << 10

// writer is the goroutine's own: nobody else touches it.
type writer struct {
	*Log
	file    File // nil: to be opened
	size    int64
	pending []byte // whole lines that are not written yet
}

// write takes records from the queue to the disk until Close.
func (l *Log) write() {
	w := &writer{Log: l}
	defer w.close()
	for {
		select {
		case r := <-l.queue:
			w.take(r)
		case <-l.quit:
			w.rest()
			return
		}
		if !l.wait(l.opts.Delay, l.crowded) {
			w.rest()
			return
		}
		for more := true; more; more = len(l.queue) > 0 {
			w.gather()
			for !w.flush() {
				if !l.wait(l.opts.Retry, nil) {
					w.rest()
					return
				}
			}
		}
	}
}

// wait lets time pass, until something comes before. It reports false at Close.
func (l *Log) wait(d time.Duration, before <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-before:
	case <-l.quit:
		return false
	}
	return true
}

// rest writes what is left, or gives it up.
func (w *writer) rest() {
	for {
		w.gather()
		if len(w.pending) == 0 || !w.flush() {
			break
		}
	}
	w.dropped.Add(int64(bytes.Count(w.pending, newline) + len(w.queue)))
}

// gather adds what else waits, up to one batch.
func (w *writer) gather() {
	for len(w.pending) < batch {
		select {
		case r := <-w.queue:
			w.take(r)
		default:
			return
		}
	}
}

func (w *writer) take(r Record) {
	if mask := w.opts.Mask; mask != nil { // here, where no call waits for it
		r.Client, r.Tool, r.Method = mask(r.Client), mask(r.Tool), mask(r.Method)
	}
	line, err := r.appendTo(w.pending)
	if err != nil { // a time beyond the year 9999
		w.dropped.Add(1)
		w.written.Add(1)
		return
	}
	w.pending = append(line, '\n')
}

// appendTo appends what encoding/json makes of r, in a tenth of the time: there
// is one for each call.
func (r *Record) appendTo(b []byte) ([]byte, error) {
	b, err := r.Time.AppendText(append(b, `{"time":"`...))
	if err != nil {
		return nil, err
	}
	b = append(b, '"')
	for _, m := range []struct{ key, value string }{{`,"session":`, r.Session}, {`,"client":`, r.Client}, {`,"server":`, r.Server}, {`,"tool":`, r.Tool}} {
		if m.value != "" {
			b = jsonrpc.AppendQuote(append(b, m.key...), m.value)
		}
	}
	b = jsonrpc.AppendQuote(append(b, `,"method":`...), r.Method)
	b = jsonrpc.AppendQuote(append(b, `,"outcome":`...), r.Outcome)
	b = strconv.AppendInt(append(b, `,"duration_ns":`...), int64(r.Duration), 10)
	b = strconv.AppendInt(append(b, `,"request_bytes":`...), int64(r.RequestBytes), 10)
	b = strconv.AppendInt(append(b, `,"result_bytes":`...), int64(r.ResultBytes), 10)
	return append(b, '}'), nil
}

var newline = []byte("\n")

// flush writes what is pending, and keeps what the disk did not take.
func (w *writer) flush() bool {
	w.busy.Store(w.opts.Now().UnixNano())
	err := w.append()
	w.busy.Store(0)

	text := ""
	if err != nil {
		text = err.Error()
		w.close() // and begin anew: a file that failed once is not trusted
	}
	w.mu.Lock()
	was := w.lastErr
	w.lastErr = text
	w.mu.Unlock()
	switch {
	case was == "" && err != nil:
		w.opts.Log.Warn("audit records cannot be written; calls go on", "err", err)
	case was != "" && err == nil:
		w.opts.Log.Info("audit records are written again", "dropped", w.dropped.Load())
	}
	return err == nil
}

func (w *writer) append() error {
	if w.file != nil && w.moved() {
		w.close()
	}
	if err := w.open(); err != nil {
		return err
	}
	if w.size > 0 && w.size+int64(len(w.pending)) > w.opts.MaxSize {
		w.close()
		if err := w.rotate(); err != nil {
			return err
		}
		if err := w.open(); err != nil {
			return err
		}
	}
	n, err := w.file.Write(w.pending)
	w.size += int64(n)
	whole := bytes.LastIndexByte(w.pending[:n], '\n') + 1
	w.written.Add(int64(bytes.Count(w.pending[:whole], newline)))
	w.pending = w.pending[:copy(w.pending, w.pending[whole:])]
	if err != nil {
		return fmt.Errorf("writing the audit log: %w", err)
	}
	return nil
}

// moved reports that the file is not the one of that name any more: somebody
// removed it, or rotates it in a way of their own.
func (w *writer) moved() bool {
	mine, err := w.file.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(w.path)
	return err != nil || !os.SameFile(mine, there)
}

func (w *writer) open() error {
	if w.file != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(w.path), 0o700); err != nil {
		return fmt.Errorf("making the folder of the audit log: %w", err)
	}
	f, err := w.opts.OpenFile(w.path)
	if err != nil {
		return fmt.Errorf("opening the audit log: %w", err)
	}
	w.file, w.size = f, 0
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("opening the audit log: %w", err)
	}
	if w.size = info.Size(); w.size == 0 {
		return nil
	}
	// A line that was cut off, by a full disk or a kill, must not spoil the next one.
	var last [1]byte
	if _, err := f.ReadAt(last[:], w.size-1); err != nil {
		return fmt.Errorf("reading the end of the audit log: %w", err)
	}
	if last[0] != '\n' {
		n, err := f.Write(newline)
		w.size += int64(n)
		if err != nil {
			return fmt.Errorf("writing the audit log: %w", err)
		}
	}
	return nil
}

// rotate makes room for a new file: audit.jsonl becomes audit.jsonl.1, and so
// on; the oldest is replaced.
func (w *writer) rotate() error {
	for i := w.opts.Keep - 1; i >= 0; i-- {
		if err := os.Rename(numbered(w.path, i), numbered(w.path, i+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("rotating the audit log: %w", err)
		}
	}
	return nil
}

// numbered is the name of the i-th file, counted from the current one.
func numbered(path string, i int) string {
	if i == 0 {
		return path
	}
	return path + "." + strconv.Itoa(i)
}

func (w *writer) close() {
	if w.file != nil {
		w.file.Close() // what was written is written; there is nothing to do about the rest
		w.file = nil
	}
}

func openFile(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err // not f: a nil *os.File is no nil File
	}
	return f, nil
}
