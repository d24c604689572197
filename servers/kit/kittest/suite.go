package kittest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// Suite is what a server gives for the tests that all servers pass. New, Tokens
// and Calls are required; a check whose part is missing is left out.
type Suite struct {
	New    func(t testing.TB) *kit.Server // before a source where all Calls succeed
	Tokens int                            // most that tools/list may cost
	Calls  map[string]any                 // of every tool: the arguments of a call that succeeds

	// Lists are the tools whose answers have pages, and Full is a server before a
	// source where each of them finds n records that differ.
	Lists map[string]List
	Full  func(t testing.TB, n int) *kit.Server

	// Hung is a server before an HTTP service at url that never answers.
	Hung func(t testing.TB, url string) *kit.Server

	// Saying is a server before a source that says text wherever it can say one.
	Saying       func(t testing.TB, text string) *kit.Server
	SayingIsSlow bool // it is made once and says all credentials together

	// Changes is how many requests that change something the source of the last
	// server of New has seen.
	Changes func() int

	Soak int // calls; 0: 1000

	settle time.Duration // how long goroutines may take to end; 0: 5 s
}

// List is a tool with pages.
type List struct {
	Name  string         // of the list in its answer
	Args  map[string]any // of the call; page sizes are added
	Size  string         // argument that sets the size of a page; empty: per_page
	Pages []int          // sizes to try; nil: 1 and 5
}

// Run runs all checks.
func (s Suite) Run(t *testing.T) {
	t.Run("contract", func(t *testing.T) { CheckTools(t, s.New(t), Contract{Tokens: s.Tokens}) })
	for _, check := range []struct {
		name string
		run  func(Suite, testing.TB)
		off  bool
	}{
		{"calls", Suite.calls, false},
		{"arguments", Suite.arguments, false},
		{"pages", Suite.pages, s.Full == nil},
		{"caps", Suite.caps, false},
		{"cancel", Suite.cancel, s.Hung == nil},
		{"deadline", Suite.deadline, s.Hung == nil},
		{"redaction", Suite.redaction, s.Saying == nil},
		{"read only", Suite.readOnly, false},
		{"soak", Suite.soak, false},
	} {
		if !check.off {
			t.Run(check.name, func(t *testing.T) { check.run(s, t) })
		}
	}
}

// tools are those of s that have a call.
func (s Suite) tools(server *kit.Server) []kit.Tool {
	return slices.DeleteFunc(slices.Clone(server.Tools), func(t kit.Tool) bool { _, ok := s.Calls[t.Name()]; return !ok })
}

// maxAnswer is what no answer may be over.
const maxAnswer = 96 << 10

// calls: every tool has a call that succeeds, and its answer keeps what the
// definition promises.
func (s Suite) calls(t testing.TB) {
	server := s.New(t)
	c := Connect(t, server)
	for _, tool := range server.Tools {
		args, ok := s.Calls[tool.Name()]
		if !ok {
			t.Errorf("%s: the suite has no call of it", tool.Name())
			continue
		}
		r := c.Call(tool.Name(), args)
		text := Text(r)
		switch def := tool.Def(); {
		case r.IsError:
			t.Errorf("%s: %s", tool.Name(), text)
		case text == "":
			t.Errorf("%s: no text", tool.Name())
		case max(len(text), len(r.RawStructuredContent)) > maxAnswer:
			t.Errorf("%s: %d bytes of text, %d of JSON", tool.Name(), len(text), len(r.RawStructuredContent))
		case (def.Output != nil || def.ListName != "") != (r.RawStructuredContent != nil):
			t.Errorf("%s: structured content %v, which its definition contradicts", tool.Name(), r.RawStructuredContent != nil)
		}
	}
	for name := range s.Calls {
		if !slices.ContainsFunc(server.Tools, func(t kit.Tool) bool { return t.Name() == name }) {
			t.Errorf("the suite calls %s, which is no tool", name)
		}
	}
	s.required(t, server, c)
}

// required: members that an output schema says are always there, are.
func (s Suite) required(t testing.TB, server *kit.Server, c *Client) {
	var list struct {
		Tools []struct {
			Name         string
			OutputSchema struct{ Required []string }
		}
	}
	if err := json.Unmarshal(c.Do("tools/list", map[string]any{}), &list); err != nil {
		t.Fatal(err)
	}
	for _, tool := range list.Tools {
		args, ok := s.Calls[tool.Name]
		if !ok || tool.OutputSchema.Required == nil {
			continue
		}
		var answer map[string]any
		if json.Unmarshal(c.Call(tool.Name, args).RawStructuredContent, &answer) != nil {
			continue // calls has said so
		}
		for _, name := range tool.OutputSchema.Required {
			if _, ok := answer[name]; !ok {
				t.Errorf("%s: the answer lacks %s, which the schema requires", tool.Name, name)
			}
		}
	}
}

// arguments: numbers and booleans may come as text, names in another style or
// by an alias, and what is no argument is told.
func (s Suite) arguments(t testing.TB) {
	for _, tool := range s.tools(s.New(t)) {
		args := object(t, s.Calls[tool.Name()])
		check := func(what string, change func(map[string]any)) error {
			changed := make(map[string]any, len(args))
			for name, v := range args {
				changed[name] = v
			}
			change(changed)
			raw, err := json.Marshal(changed)
			if err != nil {
				t.Fatal(err)
			}
			if err := tool.Check(raw); err != nil && what != "" {
				t.Errorf("%s: %s: %v", tool.Name(), what, err)
				return err
			} else {
				return err
			}
		}
		check("the call itself", func(map[string]any) {})
		check("everything as text", func(a map[string]any) {
			for name, v := range a {
				if _, ok := v.(string); !ok {
					raw, _ := json.Marshal(v) // was JSON
					a[name] = string(raw)
				}
			}
		})
		check("max_bytes as text in camel case", func(a map[string]any) { a["maxBytes"] = "4096" })
		if check("", func(a map[string]any) { a["no_such_argument"] = 1 }) == nil {
			t.Errorf("%s: an unknown argument is taken", tool.Name())
		}
		for name, aliases := range tool.Aliases() {
			if v, ok := args[name]; ok {
				for _, alias := range aliases {
					check(alias+" for "+name, func(a map[string]any) { delete(a, name); a[alias] = v })
				}
			}
		}
		if example := tool.Def().Example; example != "" {
			if err := tool.Check(json.RawMessage(example)); err != nil {
				t.Errorf("%s: its example: %v", tool.Name(), err)
			}
		}
	}
}

func object(t testing.TB, v any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var o map[string]any
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	if o == nil {
		o = map[string]any{}
	}
	return o
}

// hanging is an HTTP service that never answers.
type hanging struct {
	*httptest.Server
	open atomic.Int32 // requests under way
	came atomic.Int32
}

func hang(t testing.TB) *hanging {
	h := &hanging{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		h.came.Add(1)
		h.open.Add(1)
		defer h.open.Add(-1)
		io.Copy(io.Discard, r.Body) // until then nobody looks whether the client is still there
		<-r.Context().Done()
	}))
	t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
	return h
}

// until waits for what becomes true soon.
func until(limit time.Duration, is func() bool) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if is() {
			return true
		}
	}
	return is()
}

// cancel: a call that is cancelled leaves its source within a second, and is
// not answered.
func (s Suite) cancel(t testing.TB) {
	h := hang(t)
	server := s.Hung(t, h.URL)
	c := Connect(t, server)
	for _, tool := range s.tools(server) {
		before := h.came.Load()
		answered := c.Begin(tool.Name(), s.Calls[tool.Name()])
		if !until(100*time.Millisecond, func() bool { return h.came.Load() > before }) {
			if !until(5*time.Second, func() bool { return h.came.Load() > before || answered.Done() }) {
				t.Errorf("%s: asks nobody and does not answer", tool.Name())
			}
			if answered.Done() {
				continue // it needs no source
			}
		}
		answered.Cancel()
		if !until(time.Second, func() bool { return h.open.Load() == 0 }) {
			t.Errorf("%s: a second after it was cancelled %d requests are under way", tool.Name(), h.open.Load())
		}
		if answered.Done() {
			t.Errorf("%s: is answered although it was cancelled", tool.Name())
		}
	}
}

// deadline: a source that never answers costs a call its deadline and no more.
func (s Suite) deadline(t testing.TB) {
	h := hang(t)
	server := s.Hung(t, h.URL)
	server.Limits.Deadline = 100 * time.Millisecond
	c := Connect(t, server)
	for _, tool := range s.tools(server) {
		came, began := h.came.Load(), time.Now()
		r := c.Call(tool.Name(), s.Calls[tool.Name()])
		took := time.Since(began)
		if took > 2*time.Second {
			t.Errorf("%s: took %v with a deadline of %v", tool.Name(), took, server.Limits.Deadline)
		}
		if text := Text(r); h.came.Load() > came && (!r.IsError || !strings.HasPrefix(text, "ERROR "+string(kit.Timeout)+": ")) {
			t.Errorf("%s: %.300s\nwant an error %s", tool.Name(), text, kit.Timeout)
		}
	}
	if !until(time.Second, func() bool { return h.open.Load() == 0 }) {
		t.Errorf("%d requests are under way after all calls", h.open.Load())
	}
}
