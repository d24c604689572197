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
			if text := c.MustFail(name, nil, kit.ReadOnlyMode); !strings.Contains(text, "is not offered") {
				t.Error(text)
			}
		}
		if ran != nil {
			t.Errorf("%+v ran %v", tc.sel, ran)
		}
		for _, name := range strings.Fields(tc.offered) {
			c.MustText(name, nil)
		}
		// What was left out altogether is no tool.
		for _, name := range []string{"get_a", "get_b", "set_a", "delete_a"} {
			if !slices.Contains(strings.Fields(tc.offered+" "+tc.told), name) {
				if _, e := c.Try("tools/call", map[string]any{"name": name, "arguments": map[string]any{}}); e == nil {
					t.Errorf("%+v runs %s", tc.sel, name)
				}
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
