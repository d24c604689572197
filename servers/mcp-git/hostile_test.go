package main

import (
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
)

// Every tool, on a repository in which everything that git could run leaves a
// trace. That plain git does run each trap is tested in internal/repo.
func TestNoToolRunsAnythingOfTheRepository(t *testing.T) {
	h := repotest.NewHostile(t)
	s := testServer(t, h.Dir)
	c := kittest.Connect(t, s)
	calls := map[string][]obj{
		"get_status":   {{}, {"untracked": "all"}, {"path": "a.clean"}},
		"list_refs":    {{}, {"type": "remote"}},
		"list_commits": {{}, {"path": "a.textconv", "query": "second"}, {"ref": "HEAD~3..HEAD"}},
		"get_commit":   {{"sha": "HEAD~1", "detail": "patch"}, {"sha": "HEAD~2", "detail": "patch"}, {"sha": "HEAD", "detail": "patch"}},
		"compare_refs": {{"base": "HEAD~3", "patch": true}},
		"get_blame":    {{"path": "a.textconv"}, {"path": "a.clean"}},
		"get_file":     {{"path": "a.process"}, {"path": "a.clean", "ref": "HEAD"}, {"path": "sub", "ref": "HEAD"}},
		"search_code":  {{"query": "needle"}, {"query": "n.edle", "regex": true}, {"query": "needle", "ref": "HEAD~3", "path": "a.*"}},
	}
	for _, tool := range s.Tools {
		if len(calls[tool.Name()]) == 0 {
			t.Errorf("%s is not tried here", tool.Name())
		}
		for _, args := range calls[tool.Name()] {
			h.Dirty()
			c.MustText(tool.Name(), args)
			if sprung := h.Sprung(); len(sprung) > 0 {
				t.Errorf("%s %v ran %v", tool.Name(), args, sprung)
			}
		}
	}
	// These need a blob that only a fetch could bring.
	for _, call := range []struct {
		tool string
		args obj
	}{
		{"get_file", obj{"path": "gone.txt", "ref": "HEAD"}},
		{"get_blame", obj{"path": "gone.txt"}},
		{"get_commit", obj{"sha": "HEAD~3", "detail": "patch"}},
		{"search_code", obj{"query": "needle", "ref": "HEAD", "path": "gone.txt"}},
	} {
		c.MustFail(call.tool, call.args, kit.Unavailable)
		if sprung := h.Sprung(); len(sprung) > 0 {
			t.Errorf("%s %v ran %v", call.tool, call.args, sprung)
		}
	}
}
