package kit_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

func selectServer(changed *[]string) *kit.Server {
	tool := func(name, set string, hints kit.Hints) kit.Tool {
		return kit.NewTool(kit.Def{Name: name, Title: name, Description: name, Hints: hints, Toolset: set},
			func(context.Context, struct{}) (*kit.Result, error) {
				*changed = append(*changed, name)
				return kit.Payload(nil, "done "+name), nil
			})
	}
	write := kit.Hints{ReadOnly: kit.No, Destructive: kit.No, Idempotent: kit.No, OpenWorld: kit.No}
	destroy := kit.Hints{ReadOnly: kit.No, Destructive: kit.Yes, Idempotent: kit.No, OpenWorld: kit.No}
	return &kit.Server{Name: "mcp-t", Version: "1", Tools: []kit.Tool{
		tool("get_a", "", kit.ReadLocal), tool("get_b", "more", kit.ReadLocal), tool("set_a", "", write), tool("delete_a", "more", destroy),
	}}
}

func TestSelect(t *testing.T) {
	for _, tc := range []struct {
		sel           kit.Selection
		offered, told string // told: calls that are answered with read_only
	}{
		{kit.Selection{}, "get_a set_a", ""},
		{kit.Selection{Toolsets: []string{"all"}}, "delete_a get_a get_b set_a", ""},
		{kit.Selection{Toolsets: []string{"more"}}, "delete_a get_b", ""},
		{kit.Selection{Tools: []string{"get_a", "delete_a"}}, "delete_a get_a", ""},
		{kit.Selection{Exclude: []string{"set_a"}}, "get_a", ""},
		{kit.Selection{ReadOnly: true, Toolsets: []string{"all"}}, "get_a get_b", "set_a delete_a"},
		{kit.Selection{NoDestructive: true, Toolsets: []string{"all"}}, "get_a get_b set_a", "delete_a"},
	} {
		var ran []string
		s := selectServer(&ran)
		if err := s.Select(tc.sel); err != nil {
			t.Fatal(err)
		}
		c := kittest.Connect(t, s)
		if got := strings.Join(c.Tools(), " "); got != tc.offered {
			t.Errorf("%+v offers %s, want %s", tc.sel, got, tc.offered)
		}
		for _, name := range strings.Fields(tc.told) {
			c.MustFail(name, nil, kit.ReadOnlyMode)
		}
		if ran != nil {
			t.Errorf("%+v ran %v", tc.sel, ran)
		}
		for _, name := range strings.Fields(tc.offered) {
			c.MustText(name, nil)
		}
		// What was left out is in no list, does nothing, and says what offers it.
		for _, name := range []string{"get_a", "get_b", "set_a", "delete_a"} {
			if !slices.Contains(strings.Fields(tc.offered+" "+tc.told), name) {
				c.MustFail(name, map[string]any{"no": "argument of it"}, kit.FailedPrecondition)
			}
		}
		if _, e := c.Try("tools/call", map[string]any{"name": "get_c", "arguments": map[string]any{}}); e == nil || !strings.Contains(e.Message, "not found") {
			t.Errorf("a tool that there is not: %v", e)
		}
	}
}

// TestNotOffered: who calls a tool that is left out is told why, and what starts the
// server with it.
func TestNotOffered(t *testing.T) {
	for _, tc := range []struct {
		sel             kit.Selection
		tool, why, hint string
	}{
		{kit.Selection{}, "get_b", "it is in the toolset more", "mcp-t offers it when it is started with --toolsets default,more;"},
		{kit.Selection{Toolsets: []string{"more"}}, "set_a", "it is in the toolset default", "with --toolsets more,default;"},
		{kit.Selection{Tools: []string{"get_a"}}, "get_b", "--tools does not name it", "with --tools get_a,get_b;"},
		{kit.Selection{Exclude: []string{"set_a"}}, "set_a", "--exclude-tools names it", "without set_a in --exclude-tools;"},
		{kit.Selection{ReadOnly: true}, "set_a", "mcp-t runs read only", "without --read-only;"},
		{kit.Selection{NoDestructive: true}, "delete_a", "it is in the toolset more, and mcp-t runs without destructive tools", "with --toolsets default,more and without --no-destructive;"},
	} {
		var ran []string
		s := selectServer(&ran)
		if err := s.Select(tc.sel); err != nil {
			t.Fatal(err)
		}
		code := kit.FailedPrecondition
		if tc.sel.ReadOnly || tc.sel.NoDestructive {
			code = kit.ReadOnlyMode
		}
		text := kittest.Connect(t, s).MustFail(tc.tool, nil, code)
		for _, want := range []string{tc.tool + " is not offered: " + tc.why + "\n", tc.hint} {
			if !strings.Contains(text, want) {
				t.Errorf("%+v: %s\nwant %q", tc.sel, text, want)
			}
		}
	}
}

func TestSelectRefuses(t *testing.T) {
	for _, tc := range []struct {
		sel  kit.Selection
		want string
	}{
		{kit.Selection{Tools: []string{"get_c"}}, `no "get_c", did you mean "get_a"?`},
		{kit.Selection{Exclude: []string{"whatever"}}, "exclude-tools"},
		{kit.Selection{Toolsets: []string{"mre"}}, `did you mean "more"?`},
		{kit.Selection{Tools: []string{"set_a"}, ReadOnly: true}, "no tool of mcp-t is left"},
	} {
		var ran []string
		if err := selectServer(&ran).Select(tc.sel); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.sel, err, tc.want)
		}
	}
}
