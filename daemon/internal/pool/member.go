package pool

import (
	"time"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/flow"
)

// member is one client of an instance, and what it has there. All of it is
// guarded by the instance.
type member struct {
	flying map[*Call]bool // sent and not answered
	ghosts int            // given up, and perhaps not yet by the server
	asked  int            // questions that it has not answered
	level  string         // of the log messages that it wants; empty: it did not say
	uris   map[string]bool
	tasks  map[string]task // by id
	errand bool            // Loom's own
}

func (i *Instance) memberLocked(o Owner) *member {
	m := i.members[o]
	if m == nil {
		if m = i.spare; m == nil {
			m = &member{flying: map[*Call]bool{}, uris: map[string]bool{}, tasks: map[string]task{}}
		}
		i.spare, m.errand = nil, o == nil
		i.members[o] = m
	}
	return m
}

// soleLocked is the only client on whose behalf the server can be acting now.
// more says that there are several, so that nobody can tell.
func (i *Instance) soleLocked() (sole Owner, more bool) {
	for o, m := range i.members {
		if len(m.flying) == 0 && m.ghosts == 0 || m.errand {
			continue
		}
		if sole != nil {
			return nil, true
		}
		sole = o
	}
	return sole, false
}

// Leave forgets a client that is gone. Its calls have been cancelled.
func (i *Instance) Leave(o Owner) {
	i.mu.Lock()
	for id, whose := range i.elicited {
		if whose == o {
			delete(i.elicited, id)
		}
	}
	m := i.members[o]
	if m == nil {
		i.mu.Unlock()
		return
	}
	unsubscribe := []string{}
	for uri := range m.uris {
		delete(m.uris, uri)
		if !i.subscribedLocked(uri) {
			unsubscribe = append(unsubscribe, uri)
		}
	}
	m.level = ""
	for id := range m.tasks {
		m.endTask(id)
	}
	i.forgetLocked(o)
	proc := i.readyLocked()
	i.restLocked()
	i.mu.Unlock()
	if proc == nil {
		return
	}
	for _, uri := range unsubscribe {
		i.tell(proc, mcp.ResourcesUnsubscribe, uriParams(uri))
	}
	i.listen(proc)
}

// forgetLocked drops a member that has nothing here any more.
func (i *Instance) forgetLocked(o Owner) {
	if m := i.members[o]; m != nil && len(m.flying) == 0 && m.ghosts == 0 && m.asked == 0 && len(m.uris) == 0 && len(m.tasks) == 0 && m.level == "" {
		delete(i.members, o)
		i.spare = m // empty: a client of one call after another comes and goes with each
	}
}

// ghostLocked notes that c was given up while the server had it. The returned
// function ends that; it may be called more than once.
func (i *Instance) ghostLocked(o Owner) (gone func()) {
	i.memberLocked(o).ghosts++
	done := false
	end := func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if done {
			return
		}
		done = true
		if m := i.members[o]; m != nil {
			m.ghosts--
			i.forgetLocked(o)
		}
		i.wakeIfReadyLocked(nil)
		i.restLocked() // or the process would never be idle again
	}
	time.AfterFunc(ghostLife, end)
	return end
}

// readyLocked is the process, if it takes requests.
func (i *Instance) readyLocked() *child.Process {
	if i.phase == Ready {
		return i.proc
	}
	return nil
}

func (i *Instance) wakeIfReadyLocked(l *flow.List) {
	if i.phase == Ready {
		i.wakeLocked(l)
	}
}

// task is what there is of a task that a server works at for a client.
type task struct {
	until time.Time // it counts as use until then
	quiet func()    // ends progress of the call that it was the answer to
}

// Own notes that c was answered with a task: what the server says of it later is
// for c's owner, progress of c goes on, and the process is in use until the task
// is over, at most for life.
func (i *Instance) Own(c *Call, id string, life time.Duration) {
	i.mu.Lock()
	m := i.memberLocked(c.Owner)
	m.endTask(id)
	if len(m.tasks) < maxTasks {
		t := task{until: time.Now().Add(life), quiet: func() {}}
		if i.proc != nil {
			t.quiet = i.proc.Linger(&c.Request, life)
		}
		m.tasks[id] = t
	}
	proc := i.readyLocked()
	i.mu.Unlock()
	i.listen(proc)
}

// endTask forgets a task, if there is one of that id.
func (m *member) endTask(id string) {
	if t, ok := m.tasks[id]; ok {
		t.quiet()
		delete(m.tasks, id)
	}
}

// Disown notes that a task is over.
func (i *Instance) Disown(o Owner, id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if m := i.members[o]; m != nil {
		m.endTask(id)
		i.forgetLocked(o)
	}
	i.restLocked()
}

// maxTasks bounds what a client can make loomd remember of one process.
const maxTasks = 10000

func (i *Instance) taskOwnerLocked(task string) Owner {
	for o, m := range i.members {
		if _, ok := m.tasks[task]; ok {
			return o
		}
	}
	return nil
}

// MaySee reports whether a task is o's, or nobody's that is still there.
func (i *Instance) MaySee(o Owner, task string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	owner := i.taskOwnerLocked(task)
	return owner == nil || owner == o
}

// usedLocked reports whether clients have more here than calls: subscriptions
// and tasks.
func (i *Instance) usedLocked() bool {
	now := time.Now()
	for _, m := range i.members {
		if len(m.uris) > 0 {
			return true
		}
		for _, t := range m.tasks {
			if now.Before(t.until) {
				return true
			}
		}
	}
	return false
}

// left tells the clients that this instance will serve them no more.
func (i *Instance) left() {
	i.mu.Lock()
	owners := make([]Owner, 0, len(i.members))
	for o, m := range i.members {
		if !m.errand && (len(m.uris) > 0 || m.level != "") {
			owners = append(owners, o)
		}
	}
	i.mu.Unlock()
	for _, o := range owners {
		o.Left(i)
	}
}
