package session

import (
	"io"
	"sync"
	"sync/atomic"

	"github.com/loom-core/loom/daemon/internal/flow"
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
	queue  *flow.Queue

	mu      sync.Mutex
	size    int
	closed  bool
	dropped int
	room    chan struct{} // closed when half of it is free again; nil when nobody waits
}

func newOutbox(conn io.Writer, max int, budget *Budget) *outbox {
	o := &outbox{max: max, budget: budget}
	o.queue = flow.NewQueue(conn, o.written)
	return o
}

// push queues one frame, given in parts, so that a large result is never
// copied. It reports false when the client is so far behind that its session
// has to end. One frame is taken at any size. l is the list of the reader on
// whose goroutine this is, if it is one.
func (o *outbox) push(l *flow.List, droppable bool, parts ...[]byte) bool {
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
	o.size += size
	o.budget.used.Add(int64(size))
	o.queue.Push(l, parts...)
	return true
}

func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.queue.Close()
}

// full returns nil while there is room for more. Else whoever is about to take
// more work from the client waits for the channel to be closed: it has not read
// half a queue of what it asked for.
func (o *outbox) full() (room <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.size <= o.max/2 {
		return nil
	}
	if o.room == nil {
		o.room = make(chan struct{})
	}
	return o.room
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

// abandon gives back what will not be written any more. It returns how many
// frames were dropped for want of room.
func (o *outbox) abandon() (dropped int) {
	o.mu.Lock()
	left, dropped := o.size, o.dropped
	o.mu.Unlock()
	o.written(left)
	return dropped
}
