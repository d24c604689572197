package forge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// options are those of a server over a forge in memory with one repository.
func options(change func(*forge.Options)) (forge.Options, *forgetest.Fake) {
	f := forgetest.NewFake("ann")
	f.AddRepo("ann/web")
	o := forge.Options{Name: "mcp-fake", Title: "Fake", Nouns: forge.GitHub, Features: f.Features(), Backends: map[string]forge.Backend{"": f}}
	if change != nil {
		change(&o)
	}
	return o, f
}

func connect(t *testing.T, o forge.Options) *kittest.Client {
	t.Helper()
	s, err := forge.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return kittest.Connect(t, s)
}

// TestTools with GitLab's nouns: the same code, other names, and no more tokens.
func TestTools(t *testing.T) {
	o, _ := options(func(o *forge.Options) { o.Nouns = forge.GitLab })
	s, err := forge.New(o)
	if err != nil {
		t.Fatal(err)
	}
	kittest.CheckTools(t, s, kittest.Contract{Tokens: 11_000})
	list := string(kittest.Connect(t, s).Do("tools/list", map[string]any{}))
	for _, name := range []string{"list_merge_requests", "get_merge_request_diff", "merge_merge_request", "get_pipeline", "diagnose_pipeline", "control_pipeline", "run_pipeline", "list_todos"} {
		if !strings.Contains(list, `"`+name+`"`) {
			t.Errorf("there is no %s", name)
		}
	}
	for _, word := range []string{"pull request", "pull_request", "{", "workflow_run"} {
		for _, tool := range s.Tools {
			if word == "{" && strings.Contains(tool.Name(), word) {
				t.Errorf("%s has a noun that was not put in", tool.Name())
			}
		}
		if word != "{" && strings.Contains(list, word) {
			t.Errorf("GitLab's tools say %q", word)
		}
	}
}

func TestAllowed(t *testing.T) {
	for _, bad := range []string{"name", "a /b"} {
		if _, err := forge.New(forge.Options{Allowed: []string{bad}}); err == nil {
			t.Errorf("%q is taken for a glob of repositories", bad)
		}
	}
	o, f := options(func(o *forge.Options) { o.Allowed = []string{"ANN/w*", "team/**"} })
	f.AddRepo("ann/secret")
	f.AddRepo("team/a")
	c := connect(t, o)
	c.MustText("get_repo", map[string]any{"repo": "ann/web"})
	c.MustText("get_repo", map[string]any{"repo": "team/a"})
	before := f.Writes()
	for tool, args := range map[string]map[string]any{
		"get_repo": {}, "get_file": {"path": "README.md"}, "list_issues": {}, "search_issues": {"query": "x"}, "search_code": {"query": "x"},
		"create_issue": {"title": "x"}, "commit_files": {"branch": "main", "message": "x", "changes": map[string]any{"path": "x", "action": "create", "content": "x"}},
		"list_workflow_runs": {}, "get_job_logs": {"job_id": 1}, "create_repo": {}, "delete_branch": {"name": "x"},
	} {
		args["repo"] = "ann/secret"
		if text := c.MustFail(tool, args, kit.PermissionDenied); !strings.Contains(text, "ANN/w*, team/**") {
			t.Errorf("%s: %s", tool, text)
		}
	}
	// A branch of a fork would lead out of them.
	c.MustFail("create_pull_request", map[string]any{"repo": "ann/web", "title": "x", "head": "other:main"}, kit.PermissionDenied)
	c.MustFail("compare_refs", map[string]any{"repo": "ann/web", "base": "main", "head": "other:main"}, kit.InvalidArgument)
	c.MustFail("fork_repo", map[string]any{"repo": "ann/web", "name": "secret2"}, kit.PermissionDenied)
	if f.Writes() != before {
		t.Error("something was written")
	}
	found := c.MustText("search_repos", map[string]any{})
	if strings.Contains(found, "secret") || !strings.Contains(found, "ann/web") || !strings.Contains(found, "team/a") {
		t.Errorf("search_repos shows\n%s", found)
	}
}

// TestTokenOfAPlan: what was seen, what was asked and ten minutes.
func TestTokenOfAPlan(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	o, f := options(func(o *forge.Options) { o.Now = func() time.Time { return now } })
	c := connect(t, o)
	for _, name := range []string{"a", "b"} {
		c.MustText("create_branch", map[string]any{"repo": "ann/web", "name": name})
	}
	plan := func(name string) string {
		var p struct{ Confirm string }
		c.MustStruct("delete_branch", map[string]any{"repo": "ann/web", "name": name}, &p)
		return p.Confirm
	}
	token := plan("a")
	c.MustFail("delete_branch", map[string]any{"repo": "ann/web", "name": "b", "confirm": token}, kit.ConfirmationRequired)
	now = now.Add(11 * time.Minute)
	c.MustFail("delete_branch", map[string]any{"repo": "ann/web", "name": "a", "confirm": token}, kit.ConfirmationRequired)
	token = plan("a")
	c.MustText("commit_files", map[string]any{"repo": "ann/web", "branch": "a", "message": "x", "changes": map[string]any{"path": "x", "action": "create", "content": "x"}})
	c.MustFail("delete_branch", map[string]any{"repo": "ann/web", "name": "a", "confirm": token}, kit.Conflict)
	var p struct{ Changed bool }
	c.MustStruct("delete_branch", map[string]any{"repo": "ann/web", "name": "a", "confirm": plan("a"), "dry_run": true}, &p)
	if p.Changed {
		t.Error("a dry run with a token deleted")
	}
	c.MustText("delete_branch", map[string]any{"repo": "ann/web", "name": "a", "confirm": plan("a")})
	if _, err := f.Resolve(context.Background(), "ann/web", "a"); err == nil {
		t.Error("the branch is still there")
	}
}

// TestCost: 100 pull requests in one answer.
func TestCost(t *testing.T) {
	o, f := options(nil)
	f.MaxPage = 100
	c := connect(t, o)
	for i := range 100 {
		branch := fmt.Sprintf("feature/some-thing-%d", i)
		c.MustText("commit_files", map[string]any{"repo": "ann/web", "branch": branch, "start_branch": "main", "message": "x",
			"changes": map[string]any{"path": "x", "action": "create", "content": branch}})
		c.MustText("create_pull_request", map[string]any{"repo": "ann/web", "title": fmt.Sprintf("Make the thing number %d do what it should", i), "head": branch})
	}
	text := c.MustText("list_pull_requests", map[string]any{"repo": "ann/web", "per_page": 100})
	if tokens := len(text) / 4; tokens > 6000 || strings.Count(text, "Make the thing") != 100 {
		t.Errorf("%d pull requests cost %d tokens, the limit is 6000", strings.Count(text, "Make the thing"), tokens)
	}
}

// TestLongTexts are read to their end.
func TestLongTexts(t *testing.T) {
	o, _ := options(nil)
	c := connect(t, o)
	body := strings.Repeat("ä word and another. ", 3000)
	c.MustText("create_issue", map[string]any{"repo": "ann/web", "title": "long", "body": body})
	got, from := "", 0
	for calls := 0; calls < 10; calls++ {
		var issue struct {
			Body     string
			Warnings []string
		}
		c.MustStruct("get_issue", map[string]any{"repo": "ann/web", "number": 1, "body_from": from}, &issue)
		got += issue.Body
		if issue.Warnings == nil {
			break
		}
		if _, err := fmt.Sscanf(issue.Warnings[0][strings.LastIndex(issue.Warnings[0], "body_from="):], "body_from=%d", &from); err != nil {
			t.Fatal(err)
		}
	}
	if got != body {
		t.Errorf("read %d of %d bytes", len(got), len(body))
	}
}

// TestPrompts name tools that there are.
func TestPrompts(t *testing.T) {
	o, _ := options(func(o *forge.Options) { o.Nouns = forge.GitLab })
	c := connect(t, o)
	for name, args := range map[string]map[string]any{"investigate_failed_ci": {"repo": "a/b"}, "review_change": {"repo": "a/b", "number": "7"}} {
		raw := string(c.Do("prompts/get", map[string]any{"name": name, "arguments": args}))
		if strings.Contains(raw, "{pull") || strings.Contains(raw, "{short") || !json.Valid([]byte(raw)) {
			t.Errorf("%s says %s", name, raw)
		}
	}
}
