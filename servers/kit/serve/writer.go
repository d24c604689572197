package serve

import (
	"context"
	"encoding/json"
	"io"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// writer is the only one that writes to the client. Notifications of mcp-go
// come over a channel of its own type, all else over frames; the order between
// the two is kept by run.
type writer struct {
	out           io.Writer
	onFail        func(error)
	frames        chan outgoing
	notifications chan mcp.JSONRPCNotification
	done          chan struct{}                                           // closed by close: nothing more comes
	addressed     func(mcp.JSONRPCNotification) []mcp.JSONRPCNotification // set before run

	mu  sync.Mutex
	err error // first failure of out; guarded by mu
}

type outgoing struct {
	frame []byte
	call  *call // what it belongs to; nil if nobody can cancel it
	part  bool  // it does not answer the call: progress
}

// Lengths of the two queues. Who sends a frame waits when it is full; mcp-go
// drops its notifications (log messages, list changes) instead.
const (
	frameQueue        = 64
	notificationQueue = 256
)

func newWriter(out io.Writer, onFail func(error)) *writer {
	return &writer{
		out:           out,
		onFail:        onFail,
		frames:        make(chan outgoing, frameQueue),
		notifications: make(chan mcp.JSONRPCNotification, notificationQueue),
		done:          make(chan struct{}),
	}
}

// send queues a frame. The frame is dropped if its call was cancelled before
// it is written.
func (w *writer) send(frame []byte, c *call) {
	select {
	case w.frames <- outgoing{frame: frame, call: c}:
	case <-w.done:
	}
}

// sendPart queues a frame that comes before the answer of c, and waits for
// room no longer than ctx. It is dropped like the answer.
func (w *writer) sendPart(ctx context.Context, frame []byte, c *call) {
	select {
	case w.frames <- outgoing{frame: frame, call: c, part: true}:
	case <-ctx.Done():
	case <-w.done:
	}
}

func (w *writer) close() { close(w.done) }

func (w *writer) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *writer) run() {
	for {
		select {
		case n := <-w.notifications:
			w.notify(n)
		case o := <-w.frames:
			w.answer(o)
		case <-w.done:
			for { // what was queued before close still leaves
				select {
				case o := <-w.frames:
					w.answer(o)
				default:
					w.flush()
					return
				}
			}
		}
	}
}

// flush writes the notifications that are queued now. Not those that other
// calls add meanwhile, which could hold up an answer for ever.
func (w *writer) flush() {
	for range len(w.notifications) {
		w.notify(<-w.notifications)
	}
}

// answer writes a frame after the notifications that were queued before it:
// clients drop progress that comes after the response.
func (w *writer) answer(o outgoing) {
	w.flush()
	if o.part && o.call.state.Load() == cancelled {
		return
	}
	if o.call != nil && !o.part {
		sent := o.call.state.CompareAndSwap(open, answered)
		o.call.forget() // before the write: the client may use the id again
		if !sent {
			return // cancelled: no message may follow
		}
	}
	w.write(o.frame)
}

func (w *writer) notify(n mcp.JSONRPCNotification) {
	for _, one := range w.addressed(n) {
		if frame, err := json.Marshal(one); err == nil {
			w.write(frame)
		}
	}
}

func (w *writer) write(frame []byte) {
	if w.failed() != nil {
		return // keep draining, so that nobody waits for a client that is gone
	}
	if _, err := w.out.Write(append(frame, '\n')); err != nil {
		w.mu.Lock()
		w.err = err
		w.mu.Unlock()
		w.onFail(err)
	}
}
