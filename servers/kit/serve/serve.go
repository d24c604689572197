package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/mark3labs/mcp-go/server"
)

// Options of a connection. The zero value works.
type Options struct {
	Logger      *slog.Logger  // nil: nothing is logged
	MaxFrame    int           // bytes of one frame; 0: jsonrpc.DefaultMaxFrame
	Concurrency int           // calls that run at once; 0: 16
	Queue       int           // calls that wait for a slot before new ones are refused; 0: 1024
	Drain       time.Duration // how long calls may go on after the end of input; 0: 30 s
}

const (
	defaultConcurrency = 16
	// defaultQueue is far over what a client has open; it bounds memory when one goes wild.
	defaultQueue = 1024
	// defaultDrain is longer than the deadline of a call, so that a script that
	// pipes requests in and closes the pipe gets its answers.
	defaultDrain = 30 * time.Second
)

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Concurrency <= 0 {
		o.Concurrency = defaultConcurrency
	}
	if o.Queue <= 0 {
		o.Queue = defaultQueue
	}
	if o.Drain <= 0 {
		o.Drain = defaultDrain
	}
	return o
}

// errGone is why calls are cancelled when nobody can read their answers.
var errGone = errors.New("the client is gone")

// Serve answers the messages of one client until in ends, ctx is done or out
// breaks. At the end of in the calls that still run are finished first, for
// at most opts.Drain. The error is nil at the end of in.
//
// Serve may be called for many connections of the same server at once. When
// ctx ends, one goroutine may be left in in.Read, which nothing can interrupt;
// it goes with the stream.
func Serve(ctx context.Context, srv *server.MCPServer, in io.Reader, out io.Writer, opts Options) error {
	opts = opts.withDefaults()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	w := newWriter(out, func(err error) { cancel(errors.Join(errGone, err)) })
	session := newSession(w)
	if err := srv.RegisterSession(ctx, session); err != nil {
		return fmt.Errorf("registering session %s: %w", session.SessionID(), err)
	}
	defer srv.UnregisterSession(context.WithoutCancel(ctx), session.SessionID())

	c := &conn{
		srv:     srv,
		session: session,
		w:       w,
		log:     opts.Logger.With("session", session.SessionID()),
		ctx:     srv.WithContext(ctx, session),
		slots:   make(chan struct{}, opts.Concurrency),
		queue:   opts.Concurrency + opts.Queue,
		calls:   make(map[string]*call),
	}

	var writing sync.WaitGroup
	writing.Go(w.run) // ends at w.close
	readErr := make(chan error, 1)
	go func() { readErr <- c.readLoop(jsonrpc.NewReader(in, opts.MaxFrame)) }() // see above

	var err error
	select {
	case err = <-readErr:
		c.drain(opts.Drain)
	case <-ctx.Done():
	}
	if ctx.Err() != nil && err == nil {
		err = context.Cause(ctx)
	}
	cancel(errGone)
	c.stop()
	w.close()
	writing.Wait()
	if werr := w.failed(); werr != nil {
		return fmt.Errorf("writing to the client: %w", werr)
	}
	if err == io.EOF {
		return nil
	}
	return err
}
