package kittest

import (
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/redact/redacttest"
	"github.com/mark3labs/mcp-go/mcp"
)

// listAnswer is what every list has around its records.
type listAnswer struct {
	Pagination kit.Pagination
	Truncation *struct{ Returned, Dropped, Shortened int }
}

// maxCalls is over what any list of these tests takes.
const maxCalls = 2000

// Follow calls a list and all next_args after it, and returns the records. It
// fails the test when an answer contradicts itself or is over its cap.
func Follow(t testing.TB, c *Client, tool, list string, args map[string]any) (records []json.RawMessage, calls int) {
	t.Helper()
	args = object(t, args)
	for calls < maxCalls {
		r := c.Call(tool, args)
		calls++
		text := Text(r)
		if r.IsError {
			t.Fatalf("%s: %s", tool, text)
		}
		var a listAnswer
		var members map[string]json.RawMessage
		var some []json.RawMessage
		if err := json.Unmarshal(r.RawStructuredContent, &a); err != nil {
			t.Fatalf("%s: %v", tool, err)
		}
		if err := json.Unmarshal(r.RawStructuredContent, &members); err != nil {
			t.Fatalf("%s: %v", tool, err)
		}
		if err := json.Unmarshal(members[list], &some); err != nil {
			t.Fatalf("%s: %s is no list: %v", tool, list, err)
		}
		most := maxAnswer
		if n, ok := args["max_bytes"].(float64); ok {
			most = int(n)
		}
		p := a.Pagination
		switch {
		case max(len(text), len(r.RawStructuredContent)) > most:
			t.Errorf("%s: %d bytes of text, %d of JSON, the cap is %d", tool, len(text), len(r.RawStructuredContent), most)
		case !utf8.ValidString(text):
			t.Errorf("%s: invalid UTF-8", tool)
		case p.Truncated != (a.Truncation != nil):
			t.Errorf("%s: truncated is %v, and the block that says how is there: %v", tool, p.Truncated, a.Truncation != nil)
		case p.Count != len(some):
			t.Errorf("%s: count is %d of %d records", tool, p.Count, len(some))
		case p.HasMore != (p.NextArgs != nil):
			t.Errorf("%s: has_more is %v, next_args %v", tool, p.HasMore, p.NextArgs)
		}
		records = append(records, some...)
		if p.NextArgs == nil {
			return records, calls
		}
		for name, v := range object(t, p.NextArgs) {
			args[name] = v
		}
	}
	t.Fatalf("%s: next_args does not end", tool)
	return nil, 0
}

// pages: the pages together are the list, whatever its length: nothing twice,
// nothing left out. And so are the pieces of pages that a cap cuts.
func (s Suite) pages(t testing.TB) {
	for tool, list := range s.Lists {
		sizes := list.Pages
		if sizes == nil {
			sizes = []int{1, 5}
		}
		for _, size := range sizes {
			counts := []int{0, 1, size - 1, size, size + 1, (size*7 + 1) / 2}
			slices.Sort(counts)
			for _, n := range slices.Compact(counts) {
				for _, most := range []int{0, 2048} {
					args := object(t, list.Args)
					if most > 0 {
						args["max_bytes"] = most
					}
					name := list.Size
					if name == "" {
						name = "per_page"
					}
					args[name] = size
					records, calls := Follow(t, Connect(t, s.Full(t, n)), tool, list.Name, args)
					distinct := make(map[string]bool)
					for _, r := range records {
						distinct[string(r)] = true
					}
					if len(records) != n || len(distinct) != n {
						t.Errorf("%s: %d records in pages of %d (max_bytes %d): got %d, %d of them different", tool, n, size, most, len(records), len(distinct))
					}
					if want := max(1, (n+size-1)/size); most == 0 && calls != want {
						t.Errorf("%s: %d records in pages of %d took %d calls, want %d", tool, n, size, calls, want)
					}
				}
			}
		}
	}
}

// caps: no answer is over max_bytes, and each says that it was cut and how to
// go on, or fails with too_large.
func (s Suite) caps(t testing.TB) {
	server := s.New(t)
	c := Connect(t, server)
	const most = 2048
	for _, tool := range s.tools(server) {
		args := object(t, s.Calls[tool.Name()])
		args["max_bytes"] = most
		if list, ok := s.Lists[tool.Name()]; ok {
			Follow(t, c, tool.Name(), list.Name, args)
			continue
		}
		for calls := 0; ; calls++ {
			r := c.Call(tool.Name(), args)
			text := Text(r)
			if r.IsError && !strings.HasPrefix(text, "ERROR "+string(kit.TooLarge)) {
				t.Errorf("%s with max_bytes %d: %s", tool.Name(), most, text)
			}
			if max(len(text), len(r.RawStructuredContent)) > most || !utf8.ValidString(text) {
				t.Errorf("%s: %d bytes of text, %d of JSON, the cap is %d", tool.Name(), len(text), len(r.RawStructuredContent), most)
			}
			next := nextArgs(r)
			if next == nil {
				break
			}
			if calls > maxCalls {
				t.Errorf("%s: next_args does not end", tool.Name())
				break
			}
			for name, v := range next {
				args[name] = v
			}
		}
	}
}

// nextArgs of a payload's metadata or of a list.
func nextArgs(r *mcp.CallToolResult) map[string]any {
	var a struct {
		NextArgs   map[string]any `json:"next_args"`
		Pagination struct {
			NextArgs map[string]any `json:"next_args"`
		}
	}
	raw := []byte(r.RawStructuredContent)
	if raw == nil && len(r.Content) > 0 {
		if text, ok := r.Content[0].(mcp.TextContent); ok {
			raw = []byte(text.Text)
		}
	}
	if json.Unmarshal(raw, &a) != nil {
		return nil
	}
	if a.NextArgs != nil {
		return a.NextArgs
	}
	return a.Pagination.NextArgs
}

// redaction: no credential of the corpus that a source says leaves by any tool.
func (s Suite) redaction(t testing.TB) {
	corpus := redacttest.Corpus()
	if s.SayingIsSlow {
		var all []string
		for _, credential := range corpus {
			all = append(all, credential.Text)
		}
		s.letsOut(t, strings.Join(all, "\n--\n"), corpus)
		return
	}
	for _, credential := range corpus {
		s.letsOut(t, credential.Text, []redacttest.Credential{credential})
	}
}

func (s Suite) letsOut(t testing.TB, text string, corpus []redacttest.Credential) {
	server := s.Saying(t, text)
	c := Connect(t, server)
	for _, tool := range s.tools(server) {
		r := c.Call(tool.Name(), s.Calls[tool.Name()])
		all := Text(r) + string(r.RawStructuredContent)
		for _, credential := range corpus {
			if strings.Contains(all, credential.Secret) || credential.Escaped() != "" && strings.Contains(all, credential.Escaped()) {
				t.Errorf("%s lets out %s", tool.Name(), credential.Name)
			}
		}
	}
}

// readOnly: in read-only mode a tool that writes is in no list, is refused when
// it is called, and its source hears of nothing.
func (s Suite) readOnly(t testing.TB) {
	server := s.New(t)
	all := slices.Clone(server.Tools)
	if err := server.Select(kit.Selection{ReadOnly: true, Toolsets: []string{"all"}}); err != nil {
		t.Fatal(err)
	}
	c := Connect(t, server)
	offered := c.Tools()
	for _, tool := range all {
		reads := tool.Def().Hints.ReadOnly == kit.Yes
		if slices.Contains(offered, tool.Name()) != reads {
			t.Errorf("%s: in the list of a read-only server: %v", tool.Name(), !reads)
		}
		if args, ok := s.Calls[tool.Name()]; ok && reads {
			c.Call(tool.Name(), args)
		} else if !reads {
			c.MustFail(tool.Name(), s.Calls[tool.Name()], kit.ReadOnlyMode)
		}
	}
	if s.Changes != nil {
		if n := s.Changes(); n > 0 {
			t.Errorf("%d requests that change something", n)
		}
	}
}

// soak: many calls at once leave no goroutine behind.
func (s Suite) soak(t testing.TB) {
	server := s.New(t)
	c := Connect(t, server)
	tools := s.tools(server)
	if len(tools) == 0 {
		return
	}
	round := func(calls int) {
		work := make(chan int)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for i := range work {
					tool := tools[i%len(tools)]
					if _, e := c.Try("tools/call", map[string]any{"name": tool.Name(), "arguments": object(t, s.Calls[tool.Name()])}); e != nil {
						t.Errorf("%s: %v", tool.Name(), e)
					}
				}
			})
		}
		for i := range calls {
			work <- i
		}
		close(work)
		wg.Wait()
	}
	calls := s.Soak
	if calls == 0 {
		calls = 1000
	}
	round(min(calls, 64)) // connections and pools
	before := runtime.NumGoroutine()
	round(calls)
	const slack = 8
	settle := s.settle
	if settle == 0 {
		settle = 5 * time.Second
	}
	if !until(settle, func() bool { return runtime.NumGoroutine() <= before+slack }) {
		t.Errorf("%d goroutines before %d calls, %d after", before, calls, runtime.NumGoroutine())
	}
}
