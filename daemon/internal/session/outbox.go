package session

import (
	"net"
	"sync"
)

// outbox holds what is on its way to one client. Whoever puts something in
// never waits: a slow client must not hold up the server that it shares.
type outbox struct {
	max int // bytes

	mu      sync.Mutex
	frames  [][][]byte // each in parts, so that a large result is never copied
	size    int
	closed  bool
	full    bool
	dropped int
	wake    chan struct{}
}

func newOutbox(max int) *outbox { return &outbox{max: max, wake: make(chan struct{}, 1)} }

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
	if o.size > 0 && o.size+size > o.max {
		if droppable {
			o.dropped++
			return true
		}
		o.full = true
		return false
	}
	o.frames = append(o.frames, append(parts, lineEnd))
	o.size += size
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
		o.mu.Lock()
		o.size -= int(n)
		o.mu.Unlock()
		if err != nil {
			return err
		}
	}
}
