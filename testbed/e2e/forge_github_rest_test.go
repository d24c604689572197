package e2e

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed/standin/github"
)

// gitHubRest calls what the conformance suite has no occasion for.
func gitHubRest(t *testing.T, w github.World, call forgetest.Caller) {
	repo := w.NewRepo(t, "operations")
	path, workflow := w.Workflow("test")
	w.Put(t, repo, path, workflow)
	failed := fails("no")
	must := func(tool string, args map[string]any) string {
		t.Helper()
		r := call(t, tool, args)
		if r.IsError {
			t.Errorf("%s %v: %s", tool, args, r.Text)
		}
		return r.Text + string(r.Structured)
	}
	// A run is done again as a whole, then its job alone, then it is cancelled.
	run := w.Play(t, repo, "main", failed)
	must("control_run", map[string]any{"repo": repo, "run_id": run, "action": "retry"})
	w.Play(t, repo, "main", failed)
	job := w.LastJob(t, repo)
	must("control_run", map[string]any{"repo": repo, "run_id": run, "job_id": job, "action": "retry"})
	must("control_run", map[string]any{"repo": repo, "run_id": run, "action": "cancel"})

	// A ref that is not indexed is read as an archive, which is on another host.
	w.Put(t, repo, "x.txt", "where is it\n")
	head := w.Head(t, repo, "main")
	if text := must("search_code", map[string]any{"repo": repo, "query": "where", "ref": head}); !strings.Contains(text, "x.txt") {
		t.Errorf("search_code says %s", text)
	}

	// What is no text in UTF-8 cannot be sent in a tree.
	w.Put(t, repo, "latin.txt", "caf\xe9\none\n")
	must("commit_files", map[string]any{"repo": repo, "branch": "main", "message": "two", "changes": []any{
		map[string]any{"path": "latin.txt", "action": "update", "edits": []any{map[string]any{"find": "one", "replace": "two"}}}}})
	if got := w.File(t, repo, "main", "latin.txt"); got != "caf\xe9\ntwo\n" {
		t.Errorf("the file is %q", got)
	}

	// Rules are those of rulesets and those of the older protection.
	w.Protect(repo, 2, "build")
	if text := must("get_repo", map[string]any{"repo": repo}); !strings.Contains(text, "build") || !strings.Contains(text, "code owner") {
		t.Errorf("get_repo says %s", text)
	}

	w.Org("acme")
	must("create_repo", map[string]any{"repo": "acme/made", "private": true, "default_branch": "trunk"})
	if w.Head(t, "acme/made", "trunk") == "" {
		t.Error("acme/made has no branch trunk")
	}
	if text := must("search_repos", map[string]any{"sort": "updated"}); !strings.Contains(text, "acme/made") {
		t.Errorf("search_repos says %s", text)
	}
}

// fails is how the job of a run goes that fails with this log.
func fails(log ...string) []forgetest.StepState {
	return []forgetest.StepState{{Name: "test", Failed: true, Log: log}}
}
