package session

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
)

// Budget bounds what waits for all clients together, in bytes.
type Budget struct {
	max  int64
	used atomic.Int64
}

// NewBudget makes a Budget of max bytes.
func NewBudget(max int64) *Budget { return &Budget{max: max} }

// outbox holds what is on its way to one client. Whoever puts something in
// never waits: a slow client must not hold up the server that it shares.
type outbox struct {
	max    int // bytes
	budget *Budget

	mu      sync.Mutex
	frames  [][][]byte // each in parts, so that a large result is never copied
	size    int
	closed  bool
	dropped int
	wake    chan struct{}
	room    chan struct{} // closed when half of it is free again; nil when nobody waits
}

func newOutbox(max int, budget *Budget) *outbox {
	return &outbox{max: max, budget: budget, wake: make(chan struct{}, 1)}
}

var lineEnd = []byte("\n")

// push queues one frame, given in parts. It reports false when the client is
// so far behind that its session has to end. One frame is taken at any size.
func (o *outbox) push(droppable bool, parts ...[]byte) bool {
	size := 1
	for _, p := range parts {
		size += len(p)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return true // nobody reads any more; the session is ending
	}
	if o.size > 0 && (o.size+size > o.max || o.budget.used.Load()+int64(size) > o.budget.max) {
		if droppable {
			o.dropped++
			return true
		}
		return false
	}
	o.frames = append(o.frames, append(parts, lineEnd))
	o.size += size
	o.budget.used.Add(int64(size))
	o.signal()
	return true
}

func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.signal()
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// waitForRoom holds whoever is about to take more work from a client that has
// not read half a queue of what it asked for.
func (o *outbox) waitForRoom(ctx context.Context) {
	o.mu.Lock()
	if o.size <= o.max/2 {
		o.mu.Unlock()
		return
	}
	if o.room == nil {
		o.room = make(chan struct{})
	}
	room := o.room
	o.mu.Unlock()
	select {
	case <-room:
	case <-ctx.Done():
	}
}

// written notes that n bytes have left.
func (o *outbox) written(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.size -= n
	o.budget.used.Add(-int64(n))
	if o.room != nil && o.size <= o.max/2 {
		close(o.room)
		o.room = nil
	}
}

// writeTo writes frames until the outbox is closed and empty, or conn fails.
func (o *outbox) writeTo(conn net.Conn) error {
	for {
		o.mu.Lock()
		frames, closed := o.frames, o.closed
		o.frames = nil
		o.mu.Unlock()
		if len(frames) == 0 {
			if closed {
				return nil
			}
			<-o.wake
			continue
		}
		var all net.Buffers
		for _, parts := range frames {
			all = append(all, parts...)
		}
		n, err := all.WriteTo(conn)
		o.written(int(n))
		if err != nil {
			return err
		}
	}
}

// abandon gives back what will not be written any more. It returns how many
// frames were dropped for want of room.
func (o *outbox) abandon() (dropped int) {
	o.mu.Lock()
	left, dropped := o.size, o.dropped
	o.frames = nil
	o.mu.Unlock()
	o.written(left)
	return dropped
}
