package fakeserver

import (
	"bufio"
	"context"
	"io"
	"os"
	"sync"

	"github.com/loom-core/loom/core/jsonrpc"
)

// server is one process, or one end of a pipe.
type server struct {
	o    Options
	ctx  context.Context // ends with what comes
	book io.Writer       // the journal
	work sync.WaitGroup  // all that goes on beside the reading

	writing sync.Mutex
	out     *bufio.Writer

	chaos chaos

	mu      sync.Mutex // of all below, and of o.Extra
	calls   map[string]context.CancelFunc
	hello   []byte // params of initialize, raw
	grown   struct{ prompts, resources int }
	asked   int64                    // requests sent to the client so far
	waiting map[string]chan<- []byte // those without an answer, by raw id
	level   int                      // what logging/setLevel asked for, an index of levels
	watched map[string]bool          // URIs that resources/subscribe named
	listens []*listen                // in the order in which they began
	tasks   []*task                  // in the order in which they began
}

// Serve answers until in ends.
func Serve(in io.Reader, out io.Writer, o Options) error {
	if o.Name == "" {
		o.Name = "fake"
	}
	ctx, end := context.WithCancel(context.Background())
	s := &server{
		o: o, ctx: ctx, out: bufio.NewWriter(out), book: io.Discard, chaos: newChaos(o.Chaos),
		calls: map[string]context.CancelFunc{}, waiting: map[string]chan<- []byte{}, watched: map[string]bool{},
	}
	if o.Journal != "" {
		book, err := os.OpenFile(o.Journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			end()
			return err
		}
		defer book.Close()
		s.book = book
	}
	if o.Greeting != "" {
		s.write([]byte(o.Greeting))
	}
	defer s.work.Wait()
	defer end()
	frames := jsonrpc.NewReader(in, 0)
	for {
		frame, err := frames.Next()
		if err != nil {
			s.unlisten()
			return err
		}
		s.book.Write(append(frame[:len(frame):len(frame)], '\n')) // in one piece: several processes may share the file
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			s.write(jsonrpc.NewError(nil, jsonrpc.Errorf(jsonrpc.CodeParse, "%v", err)))
			continue
		}
		if s.handle(frame, m) {
			return nil
		}
	}
}

// write sends a frame as it is.
func (s *server) write(frame []byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.out.Write(frame)
	s.out.WriteByte('\n')
	s.out.Flush()
}

// notify sends a notification with raw params, empty for none.
func (s *server) notify(method, params string) {
	var raw []byte
	if params != "" {
		raw = []byte(params)
	}
	s.write(jsonrpc.NewNotification(method, raw))
}
