// Package trace lets somebody watch the messages that pass through loomd. It
// costs one atomic load per message while nobody watches, and no message waits
// for a watcher: one that does not keep up loses events, which are counted.
//
// A watcher never gets a message itself, but a [Line] about it: who, which
// method, how large, how long. The text of the message is in it on request
// only, with what looks like a secret taken out.
package trace

import (
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/daemon/internal/redact"
)

// Directions of a message.
const (
	ClientToLoom = "client>loom"
	LoomToServer = "loom>server"
	ServerToLoom = "server>loom"
	LoomToClient = "loom>client"
)

// Event is a message that passes.
type Event struct {
	Time      time.Time
	Session   string
	Client    string
	Server    string // empty where no server is concerned, or none is known yet
	Direction string
	Frame     []byte // read during Emit only
}

// Line is what is said of a message.
type Line struct {
	Time      time.Time
	Session   string
	Client    string
	Server    string
	Direction string
	Kind      string        // request, notification, result, error, or invalid
	Method    string        // of an answer: of its request, if that was seen
	ID        string        // raw JSON
	Tool      string        // of a tools/call and its answer
	Bytes     int           // of the message
	Took      time.Duration // of an answer: since its request
	Code      int           // of an error
	Body      json.RawMessage
}

// Filter chooses messages. Empty fields do not restrict.
type Filter struct {
	Client  string
	Servers []string // any of them
	Body    bool     // with the redacted text
}

// Trace is where messages pass by. It is safe for concurrent use.
type Trace struct {
	secrets *redact.Set
	active  atomic.Int32 // listeners

	mu        sync.Mutex
	listeners []*Listener
	open      map[request]asked // requests without an answer, while somebody listens
}

// New makes a Trace that never shows what secrets, which may be nil, knows.
func New(secrets *redact.Set) *Trace {
	return &Trace{secrets: secrets, open: map[request]asked{}}
}

// Active reports whether anybody listens. Without that there is no need to
// make an [Event].
func (t *Trace) Active() bool { return t.active.Load() > 0 }

// Listeners is how many listen.
func (t *Trace) Listeners() int { return int(t.active.Load()) }

// buffer is how many lines wait for a listener: with bodies some 30 MB at most.
const buffer = 512

// Listener gets lines until Stop.
type Listener struct {
	trace   *Trace
	filter  Filter
	lines   chan Line
	dropped atomic.Int64
}

// Subscribe begins to listen.
func (t *Trace) Subscribe(f Filter) *Listener {
	l := &Listener{trace: t, filter: f, lines: make(chan Line, buffer)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listeners = append(t.listeners, l)
	t.active.Store(int32(len(t.listeners)))
	return l
}

// Lines is where the lines come. It is never closed.
func (l *Listener) Lines() <-chan Line { return l.lines }

// Dropped returns how many lines were lost since it was asked last.
func (l *Listener) Dropped() int64 { return l.dropped.Swap(0) }

// Stop ends listening. It may be called twice.
func (l *Listener) Stop() {
	t := l.trace
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listeners = slices.DeleteFunc(t.listeners, func(other *Listener) bool { return other == l })
	t.active.Store(int32(len(t.listeners)))
	if len(t.listeners) == 0 {
		clear(t.open)
	}
}

// Emit tells the listeners of a message. It does not wait for them.
func (t *Trace) Emit(e Event) {
	if !t.Active() {
		return
	}
	t.mu.Lock()
	listeners := slices.Clone(t.listeners)
	t.mu.Unlock()
	listeners = slices.DeleteFunc(listeners, func(l *Listener) bool { return l.filter.Client != "" && l.filter.Client != e.Client })
	if len(listeners) == 0 {
		return
	}
	line, frame := describe(e, t.secrets)
	t.pair(&line)
	var body json.RawMessage
	for _, l := range listeners {
		if len(l.filter.Servers) > 0 && !slices.Contains(l.filter.Servers, line.Server) {
			continue
		}
		line.Body = nil
		if l.filter.Body {
			if body == nil {
				body = shown(frame, t.secrets)
			}
			line.Body = body
		}
		select {
		case l.lines <- line:
		default:
			l.dropped.Add(1)
		}
	}
}
