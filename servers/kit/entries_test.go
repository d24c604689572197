package kit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"
)

type entriesArgs struct {
	Size   int    `arg:"size" default:"20"`
	From   int    `arg:"from"`
	Cursor string `arg:"cursor,loose"`
}

// TestEntries follows a tool that pages itself: every entry comes once, whatever
// the cap, and one that is over it is cut and not in the way.
func TestEntries(t *testing.T) {
	all := make([]string, 40)
	for i := range all {
		all[i] = fmt.Sprintf("entry %02d %s", i, strings.Repeat("ä", i*7))
	}
	all[30] = "entry 30 " + strings.Repeat("ß", 5000)
	tool := NewTool(Def{Name: "tail_entries", Title: "t", Description: "d", Hints: ReadLocal},
		func(_ context.Context, a entriesArgs) (*Result, error) {
			from := a.From
			if a.Cursor != "" {
				if err := DecodeCursor("k", a.Cursor, &from); err != nil {
					return nil, err
				}
			}
			part := all[from:min(from+a.Size, len(all))]
			return Entries(len(part), func(kept int) (any, string) {
				meta := map[string]any{"count": kept}
				if from+kept < len(all) {
					meta["next_args"] = map[string]any{"cursor": EncodeCursor("k", from+kept)}
				}
				var b strings.Builder
				for _, e := range part[:kept] {
					b.WriteString(e + "\n")
				}
				return meta, b.String()
			}), nil
		})
	s := &Server{Name: "x", Tools: []Tool{tool}}
	for _, most := range []int{0, 2048, 4096} {
		args := map[string]any{}
		if most > 0 {
			args["max_bytes"] = most
		}
		seen := make(map[string]int)
		for calls := 0; ; calls++ {
			if calls > len(all) {
				t.Fatal("it does not end")
			}
			raw, _ := json.Marshal(args)
			var req mcp.CallToolRequest
			req.Params.RawArguments = raw
			r, err := tool.handler(s, Limits{}.withDefaults())(t.Context(), req)
			if err != nil || r.IsError {
				t.Fatalf("%v: %v", err, r)
			}
			head, body := r.Content[0].(mcp.TextContent).Text, ""
			if len(r.Content) > 1 {
				body = r.Content[1].(mcp.TextContent).Text
			}
			if size := len(head) + len(body); most > 0 && size > most || !utf8.ValidString(body) {
				t.Errorf("%d bytes, the cap is %d", size, most)
			}
			var meta struct {
				Count     int
				Truncated bool
				Next      map[string]any `json:"next_args"`
			}
			if err := json.Unmarshal([]byte(head), &meta); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(body, "entry "); got != meta.Count+strings.Count(body, "[cut: this entry ") {
				t.Errorf("%d entries, count says %d", got, meta.Count)
			}
			if meta.Truncated != strings.Contains(body, "\n[") {
				t.Errorf("truncated is %v, the text says %q", meta.Truncated, body[max(0, len(body)-200):])
			}
			for line := range strings.Lines(body) {
				if n, ok := strings.CutPrefix(line, "entry "); ok {
					seen[n[:2]]++
				}
			}
			if meta.Next == nil {
				break
			}
			for k, v := range meta.Next {
				args[k] = v
			}
		}
		for i := range all {
			if n := seen[fmt.Sprintf("%02d", i)]; n != 1 {
				t.Errorf("max_bytes %d: entry %d came %d times", most, i, n)
			}
		}
	}
}
