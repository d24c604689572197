package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/standin/github"
)

// TestForgeGitHubLies: what GitHub, its limits and the network do, and no
// description tells of.
func TestForgeGitHubLies(t *testing.T) {
	g := newGitHub(t, "api.github.com")
	w := github.World{Hub: g.Hub, Owner: "ann"}
	token := g.Account("ann")
	repo := w.NewRepo(t, "lies")
	w.Issue(t, repo, "The only issue", "")
	stranger := fault.Stranger(t)
	c := newWorld(t, instances("github", "GITHUB", g.front.URL, token, "", `LOOM_MCP_TIMEOUT: "3s"`)).Connect(testbed.ClientOptions{})
	list := args("repo", repo)
	if text := c.MustCall("github__list_issues", list); !strings.Contains(text, "The only issue") {
		t.Fatalf("without a lie: %s", text)
	}
	issues := fault.Path("/api/v3/repos/" + repo + "/issues")
	n := 10
	for name, tc := range map[string]struct {
		match fault.Match
		lie   fault.Behaviour
		code  string // empty: it succeeds
		words string
	}{
		"primary limit":               {issues, fault.GitHubLimit(403, time.Hour), "rate_limited", `"retry_after_s":36`},
		"primary limit by 429":        {issues, fault.GitHubLimit(429, time.Hour), "rate_limited", `"retry_after_s":36`},
		"secondary limit":             {issues, fault.GitHubSecondary(403, 2*time.Minute), "rate_limited", `"retry_after_s":120`},
		"secondary limit by 429":      {issues, fault.GitHubSecondary(429, 2*time.Minute), "rate_limited", `"retry_after_s":120`},
		"secondary, without a header": {issues, fault.GitHubSecondary(403, 0), "rate_limited", ""},
		"429 without a word":          {issues, fault.Limited(), "rate_limited", ""},
		"a permission":                {issues, fault.Answer(403, "application/json", `{"message":"Resource not accessible by personal access token"}`), "permission_denied", "not accessible"},
		"what is not valid":           {issues, fault.Answer(422, "application/json", `{"message":"Validation Failed","errors":[{"resource":"Issue","field":"since","code":"invalid"}]}`), "invalid_argument", "since"},
		"what is not valid, in words": {issues, fault.Answer(422, "application/json", `{"message":"Validation Failed","errors":["since is no time"]}`), "invalid_argument", "since is no time"},
		"422 with little":             {issues, fault.Answer(422, "application/json", `{"message":"Unprocessable Entity","errors":"nothing"}`), "invalid_argument", ""},
		"cut once":                    {fault.First(1, issues), fault.Cut(fault.InBody), "", ""},
		"half once":                   {fault.First(1, issues), fault.Half(), "", ""},
		"always half":                 {issues, fault.Half(), "unavailable", ""},
		"hangs":                       {issues, fault.Hang(), "timeout", ""},
		"drips for too long":          {issues, fault.Trickle(1, 200*time.Millisecond), "timeout", ""},
		"a page of a proxy":           {issues, fault.ErrorPage(502), "unavailable", ""},
		"a bomb":                      {issues, fault.GzipBomb(100 << 20), "too_large", ""},
		"sent elsewhere":              {issues, fault.Redirect(302, stranger.As("localhost")), "unavailable", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g.front.Honest()
			defer g.front.Honest()
			g.front.On(tc.match, tc.lie)
			began := time.Now()
			n++ // another URL each time, of which no answer is held
			f := c.Call("github__list_issues", args("repo", repo, "per_page", n))
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("it took %s", took)
			}
			switch {
			case tc.code == "" && (f.IsError() || !strings.Contains(f.Text(), "The only issue")):
				t.Errorf("got %s", f)
			case tc.code != "" && (!f.IsError() || !strings.Contains(f.Text(), "ERROR "+tc.code+":") || !strings.Contains(f.Text(), tc.words)):
				t.Errorf("got %s, want %s with %q", f, tc.code, tc.words)
			}
		})
	}
	if got := stranger.Credentials(); len(got) > 0 || len(stranger.Requests()) == 0 {
		t.Errorf("the stranger got %d requests with %v", len(stranger.Requests()), got)
	}
	t.Run("not modified", func(t *testing.T) {
		before := len(g.front.Requests())
		for range 2 {
			if text := c.MustCall("github__list_issues", list); !strings.Contains(text, "The only issue") {
				t.Errorf("got %s", text)
			}
		}
		known := 0
		for _, r := range g.front.Requests()[before:] {
			if r.Header.Get("If-None-Match") != "" {
				known++
			}
		}
		if known == 0 {
			t.Error("nothing was asked with an ETag")
		}
	})
}

// TestForgeGitHubWays: what the stand-in itself does as GitHub does at times.
func TestForgeGitHubWays(t *testing.T) {
	g := newGitHub(t, "api.github.com")
	w := github.World{Hub: g.Hub, Owner: "ann"}
	author, reviewer := g.Account("ann"), g.Account("bob")
	c := newWorld(t, instances("github", "GITHUB", g.front.URL, author, reviewer)).Connect(testbed.ClientOptions{})
	call := func(tool string, a map[string]any) string {
		t.Helper()
		return caller(c, "github", "author")(t, tool, a).Text
	}
	has := func(text string, words ...string) {
		t.Helper()
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%.1500s\nhas no %q", text, word)
			}
		}
	}
	repo := w.NewRepo(t, "ways")
	w.Issue(t, repo, "The only issue", "")

	// Renamed: reads and writes go where it is now.
	g.Rename(repo, "ann/roads")
	has(call("get_issue", map[string]any{"repo": repo, "number": 1}), "The only issue")
	has(call("create_issue", map[string]any{"repo": repo, "title": "By the old name"}), "2")
	if got := w.GetIssue(t, "ann/roads", 2).Title; got != "By the old name" {
		t.Errorf("the issue is %q", got)
	}
	repo = "ann/roads"

	// Private: who may not see it is told so, and what to look at.
	w.NewRepo(t, "secret")
	g.Private("ann/secret")
	has(call("get_repo", map[string]any{"repo": "ann/secret"}), "ann/secret")
	has(caller(c, "github", "reviewer")(t, "get_repo", map[string]any{"repo": "ann/secret"}).Text, "ERROR not_found:", "may not see", "get_me")

	// Searches: more hits than are ever shown, and some that are missing.
	g.Lie(func(l *github.Lies) { l.SearchTotal = 5000 })
	has(call("search_issues", map[string]any{"query": "only", "repo": repo}), "The only issue", "5000", "1000")
	has(call("search_issues", map[string]any{"query": "only", "repo": repo, "page": 60, "per_page": 20}), "1000")
	g.Lie(func(l *github.Lies) { *l = github.Lies{SearchIncomplete: true} })
	has(call("search_issues", map[string]any{"query": "only"}), "The only issue", "incomplete")

	// A tree that is cut off says so.
	g.Lie(func(l *github.Lies) { *l = github.Lies{TreeLimit: 1} })
	w.Put(t, repo, "a.txt", "a\n")
	w.Put(t, repo, "b.txt", "b\n")
	has(call("list_files", map[string]any{"repo": repo, "recursive": true}), "left out")

	// A diff that GitHub does not render, and files whose patches are too big.
	g.Lie(func(l *github.Lies) { *l = github.Lies{} })
	head := "side"
	must(t, call, "create_branch", map[string]any{"repo": repo, "name": head})
	must(t, call, "commit_files", map[string]any{"repo": repo, "branch": head, "message": "m", "changes": []any{map[string]any{"path": "c.txt", "action": "create", "content": "one\ntwo\n"}}})
	must(t, call, "create_pull_request", map[string]any{"repo": repo, "title": "P", "head": head})
	pull := map[string]any{"repo": repo, "number": 3}
	g.Lie(func(l *github.Lies) { l.DiffTooLarge = true })
	has(call("get_pull_request_diff", pull), "c.txt", "+two")
	g.Lie(func(l *github.Lies) { l.NoPatches = true })
	has(call("get_pull_request_diff", pull), "c.txt")
	g.Lie(func(l *github.Lies) { *l = github.Lies{} })

	// A log of 20 MB: its end is had in time.
	path, workflow := w.Workflow("test")
	w.Put(t, repo, path, workflow)
	run := w.Play(t, repo, "main", fails("--- FAIL: TestX (0.00s)", "exit status 1"))
	g.Lie(func(l *github.Lies) { l.LogPadding = 20 << 20 })
	began := time.Now()
	has(call("get_job_logs", map[string]any{"repo": repo, "run_id": run, "tail": 3}), "exit status 1")
	has(call("diagnose_run", map[string]any{"repo": repo, "run_id": run}), "FAIL: TestX")
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("two looks at 20 MB took %s", took)
	}
	if strayed := g.Strayed(); len(strayed) > 0 {
		t.Errorf("the store of logs was given %q", strayed)
	}
	// The token is nobody else's business.
	for _, r := range g.front.Requests() {
		if r.Method == http.MethodGet && r.Header.Get("Authorization") == "" {
			t.Errorf("%s was asked without a token", r.Path)
		}
	}
}

func must(t *testing.T, call func(string, map[string]any) string, tool string, a map[string]any) {
	t.Helper()
	if text := call(tool, a); strings.HasPrefix(text, "ERROR") {
		t.Fatalf("%s: %s", tool, text)
	}
}
