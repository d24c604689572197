package kubernetes

import (
	"errors"
	"fmt"

	"github.com/loom-core/loom/testbed/cell"
)

// fate is what has become of the parts of a cluster, until it is stopped.
type fate struct {
	lost  []error
	ended chan struct{} // closed with the first; made when it is asked for
}

// lose notes that a part has ended whose business is to run.
func (c *Cluster) lose(p *cell.Process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	err := p.Err()
	if err == nil {
		err = fmt.Errorf("%s ended by itself", p.Name)
	}
	c.fate.lost = append(c.fate.lost, err)
	if len(c.fate.lost) == 1 {
		close(c.fate.channel())
	}
}

// Err says which parts ended while the cluster was to run.
func (c *Cluster) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.fate.lost...)
}

// Ended is closed when a part has ended while the cluster was to run: what is left
// is no Kubernetes any more.
func (c *Cluster) Ended() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fate.channel()
}

func (f *fate) channel() chan struct{} {
	if f.ended == nil {
		f.ended = make(chan struct{})
	}
	return f.ended
}
