package pool

import (
	"slices"
	"sync"
	"time"
)

// Cancel gives c up: its Done is not called, and the server is told if it had
// the request already. It reports whether c was still to be answered.
func (i *Instance) Cancel(c *Call, reason string) bool {
	i.mu.Lock()
	if at := slices.Index(i.waiting, c); at >= 0 {
		i.waiting = slices.Delete(i.waiting, at, at+1)
		i.restLocked()
		i.mu.Unlock()
		return true
	}
	proc, alone := i.proc, i.server.Concurrency == 1 || i.serial
	if proc == nil {
		i.mu.Unlock()
		return false
	}
	gone := i.ghostLocked(c.Owner)
	i.mu.Unlock()
	// A server that takes one call at a time may be busy with this one still.
	var once sync.Once
	free := func() { once.Do(i.freed) }
	ok := proc.Cancel(&c.Request, reason, func() {
		gone()
		free()
	})
	if !ok {
		gone()
		return false
	}
	i.mu.Lock()
	i.landLocked(c)
	i.mu.Unlock()
	if alone {
		time.AfterFunc(lateAnswer, free)
	} else {
		free()
	}
	time.AfterFunc(ghostLife, func() { proc.Forget(&c.Request) })
	return true
}

// lateAnswer is how long a server with concurrency 1 may go on with a call
// that was cancelled before it gets the next one all the same. A ping would not
// tell sooner: a server that reads nothing during a call has not seen the cancel
// and answers the call itself, which frees the slot; one that reads meanwhile
// answers pings meanwhile too, while the call may still be running.
const lateAnswer = 5 * time.Second
