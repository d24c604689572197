package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

func server(t testing.TB, env map[string]string) *kit.Server {
	t.Helper()
	s, err := program.New(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTools(t *testing.T) {
	kittest.CheckTools(t, server(t, nil), kittest.Contract{Tokens: 11_000})
}

// TestDefaultTools: what every client pays for.
func TestDefaultTools(t *testing.T) {
	s := server(t, nil)
	if err := s.Select(kit.Selection{}); err != nil {
		t.Fatal(err)
	}
	raw := kittest.Connect(t, s).Do("tools/list", map[string]any{})
	var list struct{ Tools []json.RawMessage }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	cost := 0
	for _, tool := range list.Tools {
		cost += (len(tool) + 3) / 4
	}
	t.Logf("%d tools, about %d tokens", len(list.Tools), cost)
	if len(list.Tools) != 28 || cost > 7000 {
		t.Errorf("the default set has %d tools and costs about %d tokens, want 28 and 7000 at most", len(list.Tools), cost)
	}
	if n := len(s.Instructions); n > 600 {
		t.Errorf("the instructions have %d characters, want 600 at most", n)
	}
}

// TestReadOnly: no tool that writes is offered, and one that is called anyway
// says why not.
func TestReadOnly(t *testing.T) {
	s := server(t, nil)
	if err := s.Select(kit.Selection{ReadOnly: true, Toolsets: []string{"all"}}); err != nil {
		t.Fatal(err)
	}
	c := kittest.Connect(t, s)
	list := string(c.Do("tools/list", map[string]any{}))
	for _, name := range []string{"create_issue", "commit_files", "merge_merge_request", "control_pipeline", "delete_branch"} {
		if strings.Contains(list, `"`+name+`"`) {
			t.Errorf("%s is offered", name)
		}
		c.MustFail(name, map[string]any{}, kit.ReadOnlyMode)
	}
	if !strings.Contains(list, `"diagnose_pipeline"`) {
		t.Error("diagnose_pipeline is not offered")
	}
}

func TestToolsets(t *testing.T) {
	for set, want := range map[string][]string{
		"ci_write": {"run_pipeline", "control_pipeline"},
		"releases": {"list_releases", "get_release", "create_release"},
		"extras": {"list_refs", "compare_refs", "list_issue_metadata", "list_todos", "list_ci_variables", "get_blame", "check_ci_config",
			"get_test_report", "query_graphql"},
		"admin":       {"create_repo", "fork_repo"},
		"destructive": {"merge_merge_request", "delete_branch", "delete_issue_comment"},
	} {
		s := server(t, nil)
		if err := s.Select(kit.Selection{Toolsets: []string{set}}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, tool := range s.Tools {
			got = append(got, tool.Name())
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", set, got, want)
		}
	}
}
