package audit

import (
	"context"
	"maps"
	"sync"
	"time"
)

// Tool is one tool of one server.
type Tool struct{ Server, Tool string }

// Use is how often a tool was called, and when it was last.
type Use struct {
	Calls int
	Last  time.Time
}

// With is both uses together.
func (u Use) With(more Use) Use {
	u.Calls += more.Calls
	if more.Last.After(u.Last) {
		u.Last = more.Last
	}
	return u
}

// maxTools bounds the memory that names take.
const maxTools = 10000

// usage is a summary of the records, in memory.
type usage struct {
	mu    sync.Mutex
	since time.Time // of the oldest record
	tools map[Tool]Use
}

func (u *usage) add(r Record) {
	if r.Server == "" || r.Tool == "" || r.Outcome == Refused {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.merge(Tool{r.Server, r.Tool}, Use{1, r.Time})
}

// merge needs u.mu.
func (u *usage) merge(tool Tool, more Use) {
	if u.tools == nil {
		u.tools = map[Tool]Use{}
	}
	use, ok := u.tools[tool]
	if !ok && len(u.tools) >= maxTools {
		return
	}
	u.tools[tool] = use.With(more)
}

// load adds what the files say of the time before Open. What came since was
// counted by Record, so it may stand in the files already.
func (l *Log) load(ctx context.Context) {
	defer close(l.loaded)
	before := usage{since: l.opened}
	err := each(ctx, l.path, func(r Record) {
		if r.Time.Before(l.opened) {
			before.add(r)
			if r.Time.Before(before.since) {
				before.since = r.Time
			}
		}
	})
	l.usage.mu.Lock()
	defer l.usage.mu.Unlock()
	for tool, use := range before.tools {
		l.usage.merge(tool, use)
	}
	if err == nil { // else what is missing may be anything
		l.usage.since = before.since
	}
}

// Usage says which tools were called since, the time of the oldest record that
// is known, and how often. A tool that is not in it was not called. It waits
// until the files were read, or ctx ends: then the summary begins at Open.
func (l *Log) Usage(ctx context.Context) (tools map[Tool]Use, since time.Time) {
	select {
	case <-l.loaded:
	case <-ctx.Done():
	}
	l.usage.mu.Lock()
	defer l.usage.mu.Unlock()
	return maps.Clone(l.usage.tools), l.usage.since
}
