package pool

import (
	"errors"
	"time"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
)

// health is what is known of how well a server starts and lives. All of it is
// guarded by the instance.
type health struct {
	breaker  breaker
	liveness liveness
	retry    *time.Timer // a start that has to wait
	revival  *time.Timer // one that nobody waits for, while calls are refused
	frames   int64       // that the process had written at the last look
}

// wantLocked starts the server now, or when the breaker lets it. What waits is
// refused while the breaker is open.
func (i *Instance) wantLocked() {
	if i.health.retry != nil {
		return // it is due
	}
	wait, broken := i.health.breaker.allow(time.Now())
	switch {
	case broken != nil:
		i.failLocked(broken)
		i.reviveLocked(broken.RetryAt)
	case wait > 0:
		i.health.retry = time.AfterFunc(wait, i.retry)
	default:
		i.startLocked()
	}
}

// retry is the end of a wait.
func (i *Instance) retry() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.health.retry = nil
	if i.phase == Stopped && !i.ended && (len(i.waiting) > 0 || len(i.urisLocked()) > 0) {
		i.wakeLocked(nil)
	}
}

// reviveLocked sees to a start at that time if there are subscriptions: those
// who have them wait for news, and send nothing that would start the server.
func (i *Instance) reviveLocked(at time.Time) {
	if i.health.revival != nil || i.ended || len(i.urisLocked()) == 0 {
		return
	}
	i.health.revival = time.AfterFunc(time.Until(at), func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.health.revival = nil
		if i.phase == Stopped && !i.ended && len(i.urisLocked()) > 0 {
			i.wantLocked()
		}
	})
}

// failLocked answers all that waits.
func (i *Instance) failLocked(err error) {
	failed := i.waiting
	i.waiting = nil
	i.inFlight += len(failed) // each Done releases
	if len(failed) == 0 {
		return
	}
	i.pool.work.Go(func() { // not under the lock, which Done takes
		for _, c := range failed {
			c.Done(child.Answer{Err: err})
		}
	})
}

// noteStartLocked tells the breaker how a start went. What is wrong in the
// registry is not held against the server: it costs nothing to look again, and
// whoever mends it wants to see that at once.
func (i *Instance) noteStartLocked(err error) {
	var config *ConfigError
	now := time.Now()
	switch {
	case err == nil:
		i.health.breaker.started(now)
		i.health.liveness.begin(now)
		i.health.frames = 0
	case errors.As(err, &config) || errors.Is(err, ErrRetired):
	default:
		i.health.breaker.failed(now, err)
	}
}

// look asks an idle process whether it lives, and ends one that does not.
func (i *Instance) look(proc *child.Process) {
	now := time.Now()
	i.mu.Lock()
	if i.proc != proc || i.phase != Ready {
		i.mu.Unlock()
		return
	}
	if frames := proc.Frames(); frames != i.health.frames {
		i.health.frames = frames
		i.health.liveness.received(now)
	}
	what := i.health.liveness.tick(now, i.inFlight)
	cause := ""
	if what == dead {
		cause = i.health.liveness.cause(now)
		i.setPhase(Stopping)
	}
	i.mu.Unlock()
	switch what {
	case ping:
		method := mcp.Ping
		if proc.Era() == child.Modern {
			method = mcp.Discover // which has no ping
		}
		i.tell(proc, method, nil)
	case dead:
		i.pool.opts.Log.Warn("server does not answer; it is ended", "server", i.name, "pid", proc.PID(), "cause", cause)
		i.pool.setError(i.name, errors.New(cause))
		i.pool.work.Go(func() { proc.End(cause) })
	}
}
