package bridge

import (
	"context"
	"sync"
)

// queue holds frames until they are taken. It has no limit: who reads a child
// must never wait for an HTTP client.
type queue struct {
	mu     sync.Mutex
	frames [][]byte
	more   chan struct{} // closed and made anew when something comes
}

func newQueue() *queue { return &queue{more: make(chan struct{})} }

func (q *queue) push(frame []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.frames = append(q.frames, frame)
	close(q.more)
	q.more = make(chan struct{})
}

// next takes the first frame. It waits for one as long as ctx.
func (q *queue) next(ctx context.Context) ([]byte, error) {
	for {
		q.mu.Lock()
		if len(q.frames) > 0 {
			frame := q.frames[0]
			q.frames = q.frames[1:]
			q.mu.Unlock()
			return frame, nil
		}
		more := q.more
		q.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
