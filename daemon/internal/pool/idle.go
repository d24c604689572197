package pool

import "time"

// busyLocked ends the wait for idleness; restLocked begins it again. The timer
// goes on: it would be stopped and set with every call.
func (i *Instance) busyLocked() { i.resting = time.Time{} }

// restLocked notes that there is nothing to do: drain goes on, or the wait for
// idleness begins.
func (i *Instance) restLocked() {
	if i.inFlight > 0 || len(i.waiting) > 0 {
		return
	}
	if i.quiet != nil {
		close(i.quiet)
		i.quiet = nil
	}
	if i.phase != Ready || i.server.IdleTimeout <= 0 || !i.resting.IsZero() {
		return
	}
	i.resting = time.Now()
	if i.idle == nil {
		i.idle = time.AfterFunc(i.server.IdleTimeout, i.stopIdle)
	}
}

// stopIdle stops the process if it has rested for long enough.
func (i *Instance) stopIdle() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.idle = nil
	if i.phase != Ready || i.resting.IsZero() || i.server.IdleTimeout <= 0 {
		i.resting = time.Time{}
		return // the next rest sets the timer
	}
	left := i.server.IdleTimeout - time.Since(i.resting)
	if left <= 0 && i.usedLocked() {
		left = i.server.IdleTimeout // look again after as long
	}
	if left > 0 {
		i.idle = time.AfterFunc(left, i.stopIdle)
		return
	}
	i.stopLocked()
}

func (i *Instance) stopLocked() {
	proc := i.proc
	i.setPhase(Stopping)
	i.pool.work.Go(proc.Stop) // watch sees the end
}
