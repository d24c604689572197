package child

import (
	"slices"
	"time"
)

// alarm is the one timer of a process. It fires at the time of the request that
// is due first, or before: nearly every request is answered long before its time,
// and a timer for each would be set and stopped for nothing. Guarded by the
// process.
type alarm struct {
	timer *time.Timer
	at    time.Time // when it fires; zero: it does not
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// againLocked lets the time of r begin anew, unless it does not count.
func (p *Process) againLocked(r *Request) {
	if r.Timeout <= 0 || r.held {
		r.due = time.Time{}
		return
	}
	r.due = time.Now().Add(r.Timeout)
	p.wakeAtLocked(r.due)
}

func (p *Process) wakeAtLocked(due time.Time) {
	a := &p.alarm
	if !a.at.IsZero() && !due.Before(a.at) {
		return // it fires before, and looks again
	}
	a.at = due
	if a.timer == nil {
		a.timer = time.AfterFunc(time.Until(due), p.overdue)
		return
	}
	a.timer.Reset(time.Until(due))
}

// overdue gives up what has waited for too long.
func (p *Process) overdue() {
	p.mu.Lock()
	now := time.Now()
	p.alarm.at = time.Time{}
	var late []*Request
	for _, r := range p.pending {
		switch {
		case r.due.IsZero():
		case !r.due.After(now):
			late = append(late, r)
		default:
			p.wakeAtLocked(r.due)
		}
	}
	p.mu.Unlock()
	slices.SortFunc(late, func(a, b *Request) int { return int(a.id - b.id) })
	for _, r := range late {
		p.expire(r, now)
	}
}

func (p *Process) expire(r *Request, now time.Time) {
	p.mu.Lock()
	put := r.due.IsZero() || r.due.After(now) // off, by progress or because a person is asked
	p.mu.Unlock()
	if !put && p.Cancel(r, "timeout", nil) {
		r.Done(Answer{Err: &TimeoutError{Server: p.spec.Server, After: r.Timeout}})
	}
}
