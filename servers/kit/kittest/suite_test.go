package kittest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

type row struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

type rowsArgs struct {
	kit.Paging
	Match string `arg:"match" alias:"pattern"`
	Wait  int    `arg:"wait" default:"1"`
}

// bug is what is wrong with a server of testSuite.
type bug string

// settle is enough for a server that is right on a busy machine.
const settle = time.Second

// testSuite is the suite of a server whose source is memory or a URL, with a bug.
func testSuite(b bug) Suite {
	changes := 0
	server := func(n int, text, url string) *kit.Server {
		output := any(nil)
		if b == "schema" {
			output = struct {
				Always string `json:"always"`
			}{}
		}
		list := kit.NewTool(kit.Def{Name: "list_rows", Title: "r", Description: "d", Hints: kit.ReadLocal, ListName: "rows", Output: output, Example: map[bool]string{true: `{"no":1}`}[b == "example"]},
			func(ctx context.Context, a rowsArgs) (*kit.Result, error) {
				if url != "" {
					if b == "deaf" {
						ctx = context.WithoutCancel(ctx)
					}
					if b == "hasty" {
						ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
						defer cancel()
						_ = ask(ctx, url)
						return nil, kit.Errorf(kit.NotFound, "no")
					}
					return nil, ask(ctx, url)
				}
				all := make([]row, n)
				for i := range all {
					all[i] = row{i, text}
				}
				if b == "repeats" && a.Page == 2 {
					return kit.Records(nil, kit.Slice(kit.Paging{Page: 2, PerPage: a.PerPage}, all)), nil
				}
				if b == "leaks" {
					go func() { select {} }()
				}
				return kit.Records(nil, kit.Slice(a.Paging, all)), nil
			})
		read := kit.NewTool(kit.Def{Name: "get_text", Title: "t", Description: "d", Hints: kit.ReadLocal},
			func(context.Context, struct{}) (*kit.Result, error) {
				if b == "fails" {
					return nil, errors.New("broken")
				}
				if b == "changes" {
					changes++
				}
				return kit.Payload(nil, strings.Repeat(text+"\n", 500)), nil
			})
		write := kit.NewTool(kit.Def{Name: "set_text", Title: "t", Description: "d", Hints: kit.Hints{ReadOnly: kit.No, Destructive: kit.No, Idempotent: kit.Yes, OpenWorld: kit.No}},
			func(context.Context, struct{}) (*kit.Result, error) {
				changes++
				return kit.Payload(nil, "done"), nil
			})
		return &kit.Server{Name: "t", Version: "1", Instructions: "i", Tools: []kit.Tool{list, read, write}}
	}
	s := Suite{
		New:     func(testing.TB) *kit.Server { changes = 0; return server(50, "text", "") },
		Tokens:  1000,
		Calls:   map[string]any{"list_rows": map[string]any{"match": "x", "wait": 2, "per_page": 20}, "get_text": nil, "set_text": nil},
		Lists:   map[string]List{"list_rows": {Name: "rows"}},
		Full:    func(_ testing.TB, n int) *kit.Server { return server(n, "text", "") },
		Hung:    func(_ testing.TB, url string) *kit.Server { return server(1, "", url) },
		Saying:  func(_ testing.TB, text string) *kit.Server { return server(1, text, "") },
		Changes: func() int { return changes },
		Soak:    200,
		settle:  settle,
	}
	switch b {
	case "missing call":
		delete(s.Calls, "get_text")
	case "no such tool":
		s.Calls["get_nothing"] = nil
	case "lets out":
		s.Saying = func(_ testing.TB, text string) *kit.Server {
			if i := strings.Index(text, "a1B2c3D4"); i >= 0 {
				text = text[i:] // without what gives it away
			}
			return server(1, text, "")
		}
	}
	return s
}

func ask(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}

// noter is a test that notes what it is told. Its cleanups are those of the
// test around it.
type noter struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

func (r *noter) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, text)
}

func (r *noter) Helper()                        {}
func (r *noter) Errorf(format string, a ...any) { r.note(fmt.Sprintf(format, a...)) }
func (r *noter) Error(a ...any)                 { r.note(fmt.Sprint(a...)) }
func (r *noter) Fatalf(format string, a ...any) { r.note(fmt.Sprintf(format, a...)); panic(r) }
func (r *noter) Fatal(a ...any)                 { r.note(fmt.Sprint(a...)); panic(r) }
func (r *noter) run(f func(Suite, testing.TB), s Suite) {
	defer func() {
		if p := recover(); p != nil && p != any(r) {
			panic(p)
		}
	}()
	f(s, r)
}

func TestSuite(t *testing.T) {
	s := testSuite("")
	for name, check := range map[string]func(Suite, testing.TB){
		"calls": Suite.calls, "arguments": Suite.arguments, "pages": Suite.pages, "caps": Suite.caps, "cancel": Suite.cancel,
		"deadline": Suite.deadline, "redaction": Suite.redaction, "read only": Suite.readOnly, "soak": Suite.soak,
	} {
		t.Run(name, func(t *testing.T) { check(s, t) })
	}
}

// Each check finds the bug that it is for.
func TestSuiteFindsBugs(t *testing.T) {
	for _, tc := range []struct {
		bug   bug
		check func(Suite, testing.TB)
		want  string
	}{
		{"missing call", Suite.calls, "get_text: the suite has no call of it"},
		{"no such tool", Suite.calls, "get_nothing, which is no tool"},
		{"fails", Suite.calls, "broken"},
		{"schema", Suite.calls, "lacks always"},
		{"example", Suite.arguments, "its example"},
		{"repeats", Suite.pages, "of them different"},
		{"deaf", Suite.cancel, "a second after it was cancelled"},
		{"hasty", Suite.deadline, "want an error timeout"},
		{"lets out", Suite.redaction, "list_rows lets out"},
		{"changes", Suite.readOnly, "requests that change something"},
		{"leaks", Suite.soak, "goroutines before"},
	} {
		t.Run(string(tc.bug), func(t *testing.T) {
			r := &noter{TB: t}
			r.run(tc.check, testSuite(tc.bug))
			if said := strings.Join(r.said, "\n"); !strings.Contains(said, tc.want) {
				t.Errorf("said %q, want %q", said, tc.want)
			}
		})
	}
}
