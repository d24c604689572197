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
