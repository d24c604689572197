package pool

import (
	"fmt"
	"slices"
	"time"

	"github.com/loom-core/loom/daemon/internal/child"
)

// BusyError is a call that waited for a slot as long as it may take.
type BusyError struct {
	Server string
	After  time.Duration
	Asks   bool // the server has one client at a time, since it asks them
}

func (e *BusyError) Error() string {
	why := "its calls take all of its slots"
	if e.Asks {
		why = "it asks its clients things and so serves one at a time, and another one has not answered"
	}
	return fmt.Sprintf("server %s did not get to this call within %s: %s", e.Server, e.After, why)
}

// overdue answers what waited for a slot as long as the call may take: the time
// of a call begins when it is sent, and what is before it may wait for a person.
// It is called every [livenessTick].
func (i *Instance) overdue(now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var late []*Call
	i.waiting = slices.DeleteFunc(i.waiting, func(c *Call) bool {
		if c.since.IsZero() {
			c.since = now
		}
		if c.Timeout <= 0 || now.Sub(c.since) < c.Timeout {
			return false
		}
		late = append(late, c)
		return true
	})
	if len(late) == 0 {
		return
	}
	i.inFlight += len(late) // each Done releases
	asks := i.asks
	i.pool.work.Go(func() { // not under the lock, which Done takes
		for _, c := range late {
			c.Done(child.Answer{Err: &BusyError{Server: i.name, After: c.Timeout, Asks: asks}})
		}
	})
}

// askedFirstLocked puts the calls of a client that is being asked before those
// of the others. It may need them to find its answer, as a model that is sampled
// needs tools; behind a call that waits for this client both would wait for good.
func (i *Instance) askedFirstLocked() {
	if !i.asks || len(i.waiting) < 2 {
		return
	}
	isAsked := func(c *Call) bool {
		m := i.members[c.Owner]
		return m != nil && m.asked > 0
	}
	slices.SortStableFunc(i.waiting, func(a, b *Call) int {
		switch first := isAsked(a); {
		case first == isAsked(b):
			return 0
		case first:
			return -1
		}
		return 1
	})
}
