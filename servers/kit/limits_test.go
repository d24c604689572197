package kit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/mark3labs/mcp-go/mcp"
)

type listAnswer struct {
	Rows       []row
	Pagination kit.Pagination
	Truncation *struct{ Returned, Dropped int }
}

// follow calls list_rows and every next_args until there is none.
func follow(t *testing.T, c *kittest.Client, args map[string]any) (all []row, calls int) {
	t.Helper()
	for {
		var a listAnswer
		r := c.Call("list_rows", args)
		text := kittest.Text(r)
		if r.IsError {
			t.Fatal(text)
		}
		if err := json.Unmarshal(r.RawStructuredContent, &a); err != nil {
			t.Fatal(err)
		}
		if most, ok := args["max_bytes"].(int); ok && (len(text) > most || len(r.RawStructuredContent) > most) {
			t.Fatalf("%d bytes of text, %d of JSON, over the cap of %d", len(text), len(r.RawStructuredContent), most)
		}
		if !utf8.ValidString(text) {
			t.Fatal("invalid UTF-8")
		}
		if a.Pagination.Truncated != (a.Truncation != nil) || a.Pagination.Count != len(a.Rows) || a.Pagination.HasMore != (a.Pagination.NextArgs != nil) {
			t.Fatalf("the blocks contradict each other: %+v %+v", a.Pagination, a.Truncation)
		}
		all, calls = append(all, a.Rows...), calls+1
		if a.Pagination.NextArgs == nil {
			return all, calls
		}
		if calls > 3000 {
			t.Fatal("next_args goes round in circles")
		}
		for name, v := range a.Pagination.NextArgs {
			args[name] = v
		}
	}
}

// The pages together are the list: nothing twice, nothing left out.
func TestPagesTogetherAreTheList(t *testing.T) {
	c := kittest.Connect(t, testServer())
	for _, size := range []int{1, 2, 20, 100} {
		for _, n := range []int{0, 1, size - 1, size, size + 1, size*7/2 + 1} {
			got, calls := follow(t, c, map[string]any{"count": n, "per_page": size})
			if !slices.EqualFunc(got, rows(n), func(a, b row) bool { return a.N == b.N && a.Name == b.Name }) {
				t.Errorf("%d rows in pages of %d: got %d", n, size, len(got))
			}
			if want := max(1, (n+size-1)/size); calls != want {
				t.Errorf("%d rows in pages of %d took %d calls, want %d", n, size, calls, want)
			}
		}
	}
	var a listAnswer
	c.MustStruct("list_rows", map[string]any{"count": 5, "page": 9}, &a)
	if a.Pagination.HasMore || a.Pagination.Hint == "" || len(a.Rows) != 0 || *a.Pagination.Total != 5 {
		t.Errorf("after the last page: %+v", a.Pagination)
	}
}

// wild is text of all lengths and scripts, some of it invalid.
func wild(r *rand.Rand, n int) string {
	pool := []string{"a", "é", "漢", "🙂", "\n", "\t", "\x1b[31m", "\u202e", "\xff", "\"", "<", "\\", " ", "\r\n"}
	var b strings.Builder
	for range n {
		b.WriteString(pool[r.IntN(len(pool))])
	}
	return b.String()
}

func TestByteCapLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 40 {
		n := r.IntN(60)
		list := make([]row, n)
		for i := range list {
			length := r.IntN(80)
			if r.IntN(20) == 0 {
				length = r.IntN(5000) // now and then one that is over the cap alone
			}
			list[i] = row{Name: wild(r, length), N: i, Tags: slices.Repeat([]string{wild(r, 5)}, r.IntN(3))}
		}
		s := &kit.Server{Name: "t", Version: "1", Tools: []kit.Tool{kit.NewTool(kit.Def{
			Name: "list_rows", Hints: kit.ReadLocal, ListName: "rows",
		}, func(_ context.Context, a listArgs) (*kit.Result, error) {
			return kit.Records[row](nil, kit.Slice(a.Paging, list)), nil
		})}}
		got, _ := follow(t, kittest.Connect(t, s), map[string]any{"per_page": 1 + r.IntN(50), "max_bytes": 2048 + r.IntN(3000)})
		if len(got) != n {
			t.Fatalf("round %d: %d of %d rows", round, len(got), n)
		}
		for i := range got {
			clean := kit.Clean(list[i].Name)
			whole := got[i].Name == clean
			head, _, cut := strings.Cut(got[i].Name, "…(+")
			if got[i].N != i || !whole && !(cut && strings.HasPrefix(clean, head)) {
				t.Fatalf("round %d: row %d is %.80q, want %.80q", round, i, got[i].Name, clean)
			}
		}
	}
}

func TestPayloadCapLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 60 {
		body, tail := wild(r, r.IntN(6000)), round%2 == 1
		if round%5 == 0 {
			body = strings.ReplaceAll(body, "\n", "") // one line
		}
		s := &kit.Server{Name: "t", Version: "1", Tools: []kit.Tool{kit.NewTool(kit.Def{
			Name: "get_text", Hints: kit.ReadLocal,
		}, func(context.Context, struct{}) (*kit.Result, error) {
			p := kit.Payload(summary{"s"}, body)
			if tail {
				p.KeepEnd()
			}
			return p.Untrusted().Narrow("narrow with path"), nil
		})}}
		c := kittest.Connect(t, s)
		most := 2048 + r.IntN(2000)
		args := map[string]any{"max_bytes": most}
		var whole string
		for {
			res := c.Call("get_text", args)
			if res.IsError || len(kittest.Text(res)) > most || !utf8.ValidString(kittest.Text(res)) {
				t.Fatalf("round %d: %d bytes of %d: %s", round, len(kittest.Text(res)), most, kittest.Text(res))
			}
			var meta struct {
				Truncated bool           `json:"truncated"`
				Next      map[string]any `json:"next_args"`
			}
			if err := json.Unmarshal([]byte(res.Content[0].(mcp.TextContent).Text), &meta); err != nil {
				t.Fatal(err)
			}
			part := ""
			if len(res.Content) > 1 {
				part = res.Content[1].(mcp.TextContent).Text
			}
			if meta.Truncated != strings.Contains(part, "[cut here, more") || meta.Truncated != (meta.Next != nil) {
				t.Fatalf("round %d: truncated %v without its notice: %.200q", round, meta.Truncated, part)
			}
			if tail {
				if meta.Truncated {
					_, part, _ = strings.Cut(part, "\n")
				}
				whole = part + whole
			} else {
				if meta.Truncated {
					i := strings.LastIndex(part, "[cut here, more")
					part = part[:i]
					if !strings.HasPrefix(kit.Clean(body)[len(whole):], part) {
						part = strings.TrimSuffix(part, "\n") // added when the cut was inside a line
					}
				}
				whole += part
			}
			if meta.Next == nil {
				break
			}
			args["cursor"] = meta.Next["cursor"]
		}
		if whole != kit.Clean(body) {
			t.Fatalf("round %d (tail %v): the parts are %d bytes, the text %d", round, tail, len(whole), len(kit.Clean(body)))
		}
	}
}

func TestCursorOfAnotherCallIsRefused(t *testing.T) {
	c := kittest.Connect(t, testServer())
	var a listAnswer
	c.MustStruct("list_rows", map[string]any{"count": 100, "per_page": 100, "max_bytes": 2048}, &a)
	args := map[string]any{"count": 50, "cursor": a.Pagination.NextCursor}
	if text := c.MustFail("list_rows", args, kit.InvalidArgument); !strings.Contains(text, "other arguments") {
		t.Error(text)
	}
}

func TestOutputOfOneHalf(t *testing.T) {
	for _, tc := range []struct {
		mode             string
		text, structured bool
	}{{"both", true, true}, {"text", true, false}, {"structured", false, true}} {
		limits, err := kit.LimitsFromEnv(func(name string) string { return map[string]string{"LOOM_MCP_OUTPUT": tc.mode}[name] })
		if err != nil {
			t.Fatal(err)
		}
		viaEnv, viaMeta := testServer(), testServer()
		viaEnv.Limits = limits
		for name, r := range map[string]*mcp.CallToolResult{
			"env":  kittest.Connect(t, viaEnv).Call("list_rows", nil),
			"meta": metaCall(t, kittest.Connect(t, viaMeta), tc.mode),
		} {
			if text := strings.Contains(kittest.Text(r), "source: memory"); text != tc.text || (r.RawStructuredContent != nil) != tc.structured {
				t.Errorf("%s by %s: text %v, structured %v", tc.mode, name, text, r.RawStructuredContent != nil)
			}
		}
		declares := strings.Contains(string(kittest.Connect(t, viaEnv).Do("tools/list", nil)), "outputSchema")
		if declares != tc.structured {
			t.Errorf("%s: tools/list declares an output schema: %v", tc.mode, declares)
		}
	}
}

func metaCall(t *testing.T, c *kittest.Client, mode string) *mcp.CallToolResult {
	raw := c.Do("tools/call", map[string]any{"name": "list_rows", "_meta": map[string]any{"io.loom/output": mode}})
	var r mcp.CallToolResult
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestLimitsFromEnvRefuses(t *testing.T) {
	for name, value := range map[string]string{"LOOM_MCP_MAX_BYTES": "200000", "LOOM_MCP_TIMEOUT": "10m", "LOOM_MCP_OUTPUT": "json"} {
		_, err := kit.LimitsFromEnv(func(n string) string {
			if n == name {
				return value
			}
			return ""
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestClean(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"plain é 漢 🙂\n\tx", "plain é 漢 🙂\n\tx"},
		{"\x1b[1;31mred\x1b[0m", "red"},
		{"\x1b]0;title\x07text", "text"}, {"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"},
		{"\x1b]never closed\nnext", "\nnext"}, {"\x1b(Bx", "Bx"}, {"end\x1b", "end"}, {"\x1b[", ""},
		{"a\u200bb\u202ec\u2066d\ufeffe\U000e0041f\u00adg", "abcdefg"},
		{"a\x00b\x07c\x7fd\u0085e", "abcde"},
		{"a\r\nb\rc", "a\nb\nc"},
		{"a\xffb", "a\ufffdb"},
	} {
		if got := kit.Clean(tc.in); got != tc.want {
			t.Errorf("Clean(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b]0;\x1b[31m\r\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		once := kit.Clean(s)
		if !utf8.ValidString(once) || kit.Clean(once) != once || strings.ContainsAny(once, "\x1b\r\x00\u202e") {
			t.Errorf("Clean(%q) = %q", s, once)
		}
	})
}

func ExampleFormatDuration() {
	d, _ := kit.ParseDuration("1h30m")
	fmt.Println(kit.FormatDuration(d))
	// Output: 1h30m
}
