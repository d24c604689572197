package forward

import (
	"fmt"
	"io"
	"sync"
)

// gather writes frames to one side, several at once when several come at once:
// under load a system call for each would be most of the work. Whoever adds
// last flushes; a reader does so when its next frame is not there yet.
type gather struct {
	mu  sync.Mutex
	w   io.Writer
	buf []byte
}

// gatherMost is what is gathered before it is written anyway: what a pipe
// takes at once on Linux.
const gatherMost = 64 << 10

// add takes parts of a frame, which are copied or written before it returns.
func (g *gather) add(parts ...[]byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, part := range parts {
		if len(g.buf)+len(part) > gatherMost {
			if err := g.writeLocked(); err != nil {
				return err
			}
		}
		if len(part) > gatherMost {
			if _, err := g.w.Write(part); err != nil {
				return err
			}
			continue
		}
		g.buf = append(g.buf, part...)
	}
	return nil
}

func (g *gather) flush() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.writeLocked()
}

func (g *gather) writeLocked() error {
	if len(g.buf) == 0 {
		return nil
	}
	_, err := g.w.Write(g.buf)
	g.buf = g.buf[:0]
	return err
}

var lineEnd = []byte{'\n'}

// reply writes a frame to the client. A client that cannot be written to is
// gone, and its end of In says so.
func (p *Proxy) reply(frame []byte) error {
	if err := p.client.add(frame, lineEnd); err != nil {
		return fmt.Errorf("writing to the client: %w", err)
	}
	if err := p.client.flush(); err != nil {
		return fmt.Errorf("writing to the client: %w", err)
	}
	return nil
}
