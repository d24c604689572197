package kit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

type row struct {
	Name string   `json:"name"`
	N    int      `json:"n"`
	Tags []string `json:"tags,omitempty"`
}

type summary struct {
	Source string `json:"source"`
}

type listArgs struct {
	kit.Paging
	Count int    `arg:"count" default:"45" doc:"how many there are"`
	Kind  string `arg:"kind" enum:"branch,tag" alias:"type"`
}

type readArgs struct {
	Name string `arg:"name,required"`
	Fail string `arg:"fail"`
}

func testServer() *kit.Server {
	return &kit.Server{
		Name: "mcp-test", Title: "Test", Version: "1.2.3", Instructions: "Call list_rows.",
		Tools: []kit.Tool{
			kit.NewTool(kit.Def{
				Name: "list_rows", Title: "List rows", Description: "All rows.",
				Hints: kit.ReadLocal, Output: summary{}, ListName: "rows",
			}, func(_ context.Context, a listArgs) (*kit.Result, error) {
				return kit.Records(summary{"memory"}, kit.Slice(a.Paging, rows(a.Count))), nil
			}),
			kit.NewTool(kit.Def{
				Name: "get_text", Title: "Get a text", Description: "One text.", Hints: kit.ReadLocal,
			}, func(ctx context.Context, a readArgs) (*kit.Result, error) {
				switch a.Fail {
				case "plain":
					return nil, errors.New("reading x: broken")
				case "typed":
					return nil, kit.Errorf(kit.NotFound, "no text %q", a.Name).WithHint("did you mean %q?", "b")
				case "panic":
					panic("a bug")
				case "wait":
					<-ctx.Done()
					return nil, ctx.Err()
				case "class":
					return kit.Record(summary{}), nil
				}
				return kit.Payload(summary{a.Name}, strings.Repeat("a line of text <&>\n", 3)), nil
			}),
		},
	}
}

func rows(n int) []row {
	list := make([]row, n)
	for i := range list {
		list[i] = row{Name: "row\t" + strings.Repeat("x", i%7), N: i}
	}
	return list
}

func TestContract(t *testing.T) { kittest.CheckTools(t, testServer(), kittest.Contract{Tokens: 600}) }

func TestRecordsSayTheSameTwice(t *testing.T) {
	c := kittest.Connect(t, testServer())
	r := c.Call("list_rows", map[string]any{"count": 2})
	want := "source: memory\nrows:\nname\tn\nrow\\t\t0\nrow\\tx\t1\n" +
		"pagination: page=1 per_page=20 count=2 total=2 total_pages=1 has_more=false truncated=false\n"
	if got := kittest.Text(r); got != want {
		t.Errorf("text:\n got %q\nwant %q", got, want)
	}
	wantJSON := `{"source":"memory","rows":[{"name":"row\t","n":0},{"name":"row\tx","n":1}],` +
		`"pagination":{"page":1,"per_page":20,"count":2,"total":2,"total_pages":1,"has_more":false,"truncated":false}}`
	if got := string(r.RawStructuredContent); got != wantJSON {
		t.Errorf("structured:\n got %s\nwant %s", got, wantJSON)
	}
	if r := c.Call("list_rows", map[string]any{"count": 0}); !strings.Contains(string(r.RawStructuredContent), `"rows":[]`) {
		t.Errorf("an empty list became %s", r.RawStructuredContent)
	}
}

func TestErrors(t *testing.T) {
	s := testServer()
	s.Limits.Deadline = time.Millisecond
	c := kittest.Connect(t, s)
	for _, tc := range []struct {
		fail, code string
		want       []string
	}{
		{"plain", "internal", []string{"reading x: broken", `{"error":{"code":"internal","retryable":false,"retry_after_s":null}}`}},
		{"typed", "not_found", []string{`no text "a"`, `Hint: did you mean "b"?`}},
		{"panic", "internal", []string{"a bug"}},
		{"wait", "timeout", []string{"longer than 1ms", `"retryable":true`}},
		{"class", "internal", []string{"wrong class"}},
	} {
		text := c.MustFail("get_text", map[string]any{"name": "a", "fail": tc.fail}, kit.Code(tc.code))
		for _, want := range tc.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q lacks %q", tc.fail, text, want)
			}
		}
	}
}

// With several instances every tool takes one; with one there is nothing to choose.
func TestInstances(t *testing.T) {
	server := func(names ...string) *kittest.Client {
		s := testServer()
		s.Instances = names
		s.Tools = append(s.Tools, kit.NewTool(kit.Def{Name: "get_instance", Title: "i", Description: "d", Hints: kit.ReadLocal},
			func(ctx context.Context, _ struct{}) (*kit.Result, error) {
				return kit.Payload(nil, "at "+kit.Instance(ctx)+"."), nil
			}))
		return kittest.Connect(t, s)
	}
	c := server("prod", "staging")
	for _, tc := range []struct{ args, want string }{{"", "at prod."}, {"staging", "at staging."}, {"PROD", "at prod."}} {
		if got := c.MustText("get_instance", map[string]any{"instance": tc.args}); !strings.Contains(got, tc.want) {
			t.Errorf("%q: %s", tc.args, got)
		}
	}
	if text := c.MustFail("get_instance", map[string]any{"instance": "other"}, kit.InvalidArgument); !strings.Contains(text, "prod, staging") {
		t.Error(text)
	}
	if list := string(c.Do("tools/list", nil)); strings.Count(list, `"instance":{"type":"string","enum":["prod","staging"],"default":"prod"}`) != 3 {
		t.Errorf("tools/list: %s", list)
	}
	// Names that are long stand in no schema: each tool would have them all.
	long := []string{"arn:aws:eks:eu-central-1:123456789012:cluster/prod", "arn:aws:eks:eu-central-1:123456789012:cluster/staging", "dev"}
	many := server(long...)
	if list := string(many.Do("tools/list", nil)); strings.Count(list, `"instance":{"type":"string","description":"? lists all 3"}`) != 3 || strings.Contains(list, "arn:") {
		t.Errorf("tools/list: %s", list)
	}
	if got := many.MustText("get_instance", nil); !strings.Contains(got, "at "+long[0]+".") {
		t.Errorf("by default: %s", got)
	}
	if text := many.MustFail("get_instance", map[string]any{"instance": "?"}, kit.InvalidArgument); !strings.Contains(text, strings.Join(long, ", ")) {
		t.Error(text)
	}
	// A cursor belongs to the instance it came from.
	var a listAnswer
	c.MustStruct("list_rows", map[string]any{"count": 100, "max_bytes": 2048, "per_page": 100}, &a)
	c.MustFail("list_rows", map[string]any{"count": 100, "per_page": 100, "instance": "staging", "cursor": a.Pagination.NextCursor}, kit.InvalidArgument)
	for _, names := range [][]string{nil, {"only"}} {
		c := server(names...)
		if got := c.MustText("get_instance", nil); !strings.Contains(got, "at "+strings.Join(names, "")+".") {
			t.Errorf("%v: %s", names, got)
		}
		if strings.Contains(string(c.Do("tools/list", nil)), `"instance":`) {
			t.Errorf("%v: there is an argument for what cannot be chosen", names)
		}
	}
}

// TestShortenKeepsNoHalf: wherever a text is cut, no part of a credential stays
// that would not be known as one any more.
func TestShortenKeepsNoHalf(t *testing.T) {
	const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
	text := "use " + token + " for it, and " + strings.Repeat("more ", 20)
	for n := 4; n < 80; n++ {
		if got := kit.Shorten(text, n); strings.Contains(got, "ghp_0") || strings.Contains(got, "0123") || !strings.Contains(got, "…(+") {
			t.Errorf("cut to %d: %q", n, got)
		}
	}
	if got := kit.Shorten("short", 5); got != "short" {
		t.Errorf("%q", got)
	}
}
