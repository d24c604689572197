package pool

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
)

// Subscribe notes that o wants to hear of uri. first says that nobody here did
// before. A process that starts later is told; to tell one that runs is the
// caller's business in the legacy era, since it wants to see the answer.
func (i *Instance) Subscribe(o Owner, uri string) (first bool) {
	i.mu.Lock()
	first = !i.subscribedLocked(uri)
	i.memberLocked(o).uris[uri] = true
	i.busyLocked()
	proc := i.readyLocked()
	i.mu.Unlock()
	i.listen(proc)
	return first
}

// Unsubscribe takes it back. last says that nobody here wants it any more.
func (i *Instance) Unsubscribe(o Owner, uri string) (last bool) {
	i.mu.Lock()
	if m := i.members[o]; m != nil {
		delete(m.uris, uri)
		i.forgetLocked(o)
	}
	last = !i.subscribedLocked(uri)
	proc := i.readyLocked()
	i.restLocked()
	i.mu.Unlock()
	i.listen(proc)
	return last
}

func (i *Instance) subscribedLocked(uri string) bool {
	for _, m := range i.members {
		if m.uris[uri] {
			return true
		}
	}
	return false
}

// subscribersLocked are those who wanted to hear of uri, or of what it is a
// part of (2025-11-25, resources: "might be a sub-resource").
func (i *Instance) subscribersLocked(uri string) []Owner {
	var exact, above []Owner
	for o, m := range i.members {
		if m.uris[uri] {
			exact = append(exact, o)
			continue
		}
		for wanted := range m.uris {
			if strings.HasPrefix(uri, wanted) {
				above = append(above, o)
				break
			}
		}
	}
	return append(exact, above...)
}

// levels of log messages, least important first (RFC 5424 as MCP has it).
var levels = []string{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"}

// AtLeast reports whether a log message of that level passes the wanted one.
func AtLeast(level, wanted string) bool {
	return slices.Index(levels, level) >= slices.Index(levels, wanted)
}

// IsLevel reports whether text is a level of log messages.
func IsLevel(text string) bool { return slices.Contains(levels, text) }

// SetLevel notes which log messages o wants. A legacy server is told the most
// that any of its clients wants.
func (i *Instance) SetLevel(o Owner, level string) {
	i.mu.Lock()
	m := i.memberLocked(o)
	same := m.level == level
	m.level = level
	proc := i.readyLocked()
	i.mu.Unlock()
	if proc != nil && !same {
		i.tellLevel(proc)
	}
}

func (i *Instance) tellLevel(proc *child.Process) {
	i.mu.Lock()
	most := ""
	for _, m := range i.members {
		if m.level != "" && (most == "" || AtLeast(most, m.level)) {
			most = m.level
		}
	}
	i.mu.Unlock()
	if most != "" && proc.Era() == child.Legacy && proc.Declares("logging") {
		i.tell(proc, mcp.SetLevel, []byte(`{"level":`+string(jsonrpc.Quote(most))+`}`))
	}
}

// tell sends a request whose answer nobody waits for.
func (i *Instance) tell(proc *child.Process, method string, params []byte) {
	proc.Send(nil, &child.Request{Method: method, Params: params, Done: func(child.Answer) {}})
}

func uriParams(uri string) []byte { return []byte(`{"uri":` + string(jsonrpc.Quote(uri)) + `}`) }

// resume tells a process that has just started what its clients wanted of the
// one before.
func (i *Instance) resume(proc *child.Process) {
	i.tellLevel(proc)
	if proc.Era() == child.Legacy {
		i.mu.Lock()
		uris := i.urisLocked()
		i.mu.Unlock()
		for _, uri := range uris {
			i.tell(proc, mcp.ResourcesSubscribe, uriParams(uri))
		}
		return
	}
	i.listen(proc)
}

func (i *Instance) urisLocked() []string {
	uris := []string{}
	for _, m := range i.members {
		for uri := range m.uris {
			uris = append(uris, uri)
		}
	}
	slices.Sort(uris)
	return slices.Compact(uris)
}

// filter is what a modern server is asked to tell of (2026-07-28,
// "subscriptions/listen").
type filter struct {
	Tools     bool     `json:"toolsListChanged"`
	Prompts   bool     `json:"promptsListChanged"`
	Resources bool     `json:"resourcesListChanged"`
	URIs      []string `json:"resourceSubscriptions,omitempty"`
	Tasks     []string `json:"taskIds,omitempty"`
}

// listen opens the one subscription that a modern process has for all its
// clients, and then closes the one before, so that nothing is missed between.
func (i *Instance) listen(proc *child.Process) {
	if proc == nil || proc.Era() != child.Modern {
		return
	}
	i.mu.Lock()
	if i.proc != proc {
		i.mu.Unlock()
		return
	}
	f := filter{Tools: true, Prompts: true, Resources: true, URIs: i.urisLocked()}
	for _, m := range i.members {
		for task := range m.tasks {
			f.Tasks = append(f.Tasks, task)
		}
	}
	slices.Sort(f.Tasks)
	raw, err := json.Marshal(f)
	if err != nil || string(raw) == i.listening {
		i.mu.Unlock()
		return
	}
	i.listening = string(raw)
	before := i.listener
	began := time.Now()
	r := &child.Request{Method: mcp.Listen, Params: []byte(`{"notifications":` + string(raw) + `}`)}
	r.Done = func(a child.Answer) {
		if a.Err == nil {
			i.unheard(proc, r, began)
		}
	}
	if len(f.Tasks) > 0 { // who wants to hear of tasks has to know them
		r.Meta = i.pool.tasksMeta
	}
	i.listener = r
	i.mu.Unlock()
	proc.Send(nil, r)
	if before != nil {
		proc.Cancel(before, "", nil)
	}
}

// unheard takes note that the server ended r, its subscription. A new one is
// opened, unless it had refused it or ended it at once.
func (i *Instance) unheard(proc *child.Process, r *child.Request, began time.Time) {
	i.mu.Lock()
	theirs := i.listener == r // else there is another already
	if theirs {
		i.listener, i.listening = nil, ""
	}
	i.mu.Unlock()
	if theirs && time.Since(began) >= steady {
		i.listen(proc)
		i.relearn() // something may have changed between the two
	}
}
