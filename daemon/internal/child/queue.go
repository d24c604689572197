package child

import "sync"

// queue holds the frames for a child's stdin in order. It is unbounded on
// purpose: what is in it are the requests in flight, which are bounded by the
// server's concurrency, and small messages of our own.
type queue struct {
	mu     sync.Mutex
	frames [][]byte
	closed bool
	wake   chan struct{}
}

func (q *queue) init() { q.wake = make(chan struct{}, 1) }

func (q *queue) push(frame []byte) {
	q.mu.Lock()
	q.frames = append(q.frames, frame)
	q.mu.Unlock()
	q.signal()
}

// close lets the writer end after what is queued.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns all frames, waiting for at least one. ok is false at the end.
func (q *queue) take() (frames [][]byte, ok bool) {
	for {
		q.mu.Lock()
		frames, q.frames = q.frames, nil
		closed := q.closed
		q.mu.Unlock()
		if len(frames) > 0 {
			return frames, true
		}
		if closed {
			return nil, false
		}
		<-q.wake
	}
}
