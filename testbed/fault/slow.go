package fault

import (
	"context"
	"io"
	"time"
)

// Delay waits before it goes on. After a behaviour that makes an answer, or
// alone, it delays the headers.
func Delay(d time.Duration) Behaviour {
	return func(x *exchange) { sleep(x.r.Context(), d) } // whoever called sees that the client left
}

// Hang never answers, and ends when the client leaves or the test does. The
// service hears nothing of it.
func Hang() Behaviour {
	return func(x *exchange) { <-x.r.Context().Done() }
}

// Trickle sends the body in pieces of so many bytes and waits before each.
func Trickle(bytes int, pause time.Duration) Behaviour {
	return func(x *exchange) {
		res := x.response()
		x.setBody(&trickle{ctx: x.r.Context(), body: res.Body, bytes: bytes, pause: pause}, res.ContentLength)
	}
}

// Unfinished sends the whole body and then neither ends it nor the connection,
// as an event stream does. A client without a deadline waits for ever.
func Unfinished() Behaviour {
	return func(x *exchange) {
		body := x.response().Body
		x.setBody(io.MultiReader(body, hanging{x.r.Context()}), -1)
	}
}

// trickle reads a body slowly.
type trickle struct {
	ctx   context.Context
	body  io.Reader
	bytes int
	pause time.Duration
}

func (t *trickle) Read(p []byte) (int, error) {
	if err := sleep(t.ctx, t.pause); err != nil {
		return 0, err
	}
	return t.body.Read(p[:min(len(p), t.bytes)])
}

// hanging is a reader that never has anything.
type hanging struct{ ctx context.Context }

func (h hanging) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, context.Cause(h.ctx)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
