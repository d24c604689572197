package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/standin/gitlab"
)

// behaviours are those of GitLab that no description has.
func (g *gitlabs) behaviours(t *testing.T) {
	l := g.line(t)
	repo := l.NewRepo(t, "behaviours")
	for i := range 25 {
		l.Issue(t, repo, fmt.Sprintf("issue %d", i), "")
	}
	number := l.request(t, repo, "side", map[string]string{"a.txt": "a\n"})
	for name, test := range map[string]func(*testing.T){
		"without totals": func(t *testing.T) { l.withoutTotals(t, repo) },
		"offset limit": func(t *testing.T) {
			l.Lab.Set(func(s *gitlab.Switches) { s.MaxOffset = 40 })
			l.refuses(t, "search_repos", named{"query": "behaviours", "page": 3}, "invalid_argument", "maximum allowed offset", "narrow")
		},
		"rate limit": func(t *testing.T) {
			l.Lab.Set(func(s *gitlab.Switches) { s.RateLimit = 0 })
			l.refuses(t, "list_issues", named{"repo": repo}, "rate_limited", `"retryable":true`, `"retry_after_s":4`)
		},
		"what is left": func(t *testing.T) {
			l.Lab.Set(func(s *gitlab.Switches) { s.RateLimit = 20 })
			l.says(t, "get_me", nil, "rate_remaining: 1")
		},
		"hidden": func(t *testing.T) {
			l.Lab.Hide(repo, "reviewer")
			if r := l.review(t, "get_repo", named{"repo": repo}); !r.IsError || !strings.HasPrefix(r.Text, "ERROR not_found:") || !strings.Contains(r.Text, "may not see") {
				t.Errorf("it says %s", r.Text)
			}
		},
		"without premium": func(t *testing.T) {
			l.says(t, "get_repo", named{"repo": repo}, "approval rules are not to be had (HTTP 403)")
		},
		"premium": func(t *testing.T) {
			l.Lab.Set(func(s *gitlab.Switches) { s.Premium = true })
			l.Lab.Require(repo, false, false, 2)
			defer l.Lab.Require(repo, false, false, 0)
			l.says(t, "get_merge_request", named{"repo": repo, "number": number}, "approvals are missing", "has 0 approvals of 2")
		},
		"still looking": func(t *testing.T) {
			l.Lab.Set(func(s *gitlab.Switches) { s.Looks = 3 })
			l.change(t, repo, "side", map[string]string{"b.txt": "b\n"})
			plan := l.says(t, "merge_merge_request", named{"repo": repo, "number": number, "expected_head_sha": l.Head(t, repo, "side")})
			if strings.Contains(plan, "blockers") {
				t.Errorf("the plan is %s", plan)
			}
		},
		"just made": func(t *testing.T) {
			l.Lab.Set(func(s *gitlab.Switches) { s.Preparing = true })
			made := l.request(t, repo, "new", map[string]string{"new.txt": "new\n"})
			l.says(t, "create_review", named{"repo": repo, "number": made, "comments": named{"path": "new.txt", "line": 1, "body": "Good."}})
		},
		"threads are open": func(t *testing.T) {
			l.Lab.Require(repo, true, true, 0)
			defer l.Lab.Require(repo, false, false, 0)
			l.says(t, "get_repo", named{"repo": repo}, "all threads have to be resolved", "the pipeline has to succeed")
			l.says(t, "get_merge_request", named{"repo": repo, "number": number}, "the pipeline has to succeed")
		},
		"conflict":     func(t *testing.T) { l.conflicts(t, repo) },
		"merge race":   func(t *testing.T) { l.mergeRace(t, repo) },
		"large diffs":  func(t *testing.T) { l.largeDiffs(t, repo) },
		"error bodies": func(t *testing.T) { l.errorBodies(t, repo) },
		"traces":       func(t *testing.T) { l.traces(t, repo) },
	} {
		t.Run(name, func(t *testing.T) {
			l.Lab.Set(func(s *gitlab.Switches) { *s = gitlab.Normal() })
			test(t)
			l.Lab.Set(func(s *gitlab.Switches) { *s = gitlab.Normal() })
		})
	}
}

type paged struct {
	Issues     []struct{ Number int }
	Pagination struct {
		Total    *int
		HasMore  bool           `json:"has_more"`
		NextArgs map[string]any `json:"next_args"`
	}
}

// withoutTotals pages by X-Next-Page alone.
func (l *gitlabLine) withoutTotals(t *testing.T, repo string) {
	with := named{"repo": repo, "per_page": 10}
	if total := answer[paged](t, l, "list_issues", with).Pagination.Total; total == nil || *total != 25 {
		t.Errorf("with totals it is %v", total)
	}
	l.Lab.Set(func(s *gitlab.Switches) { s.NoTotals = true })
	seen := map[int]bool{}
	for calls := 0; with != nil && calls < 5; calls++ {
		p := answer[paged](t, l, "list_issues", with)
		for _, i := range p.Issues {
			seen[i.Number] = true
		}
		if p.Pagination.Total != nil {
			t.Errorf("nobody said a total, and it is %d", *p.Pagination.Total)
		}
		if !p.Pagination.HasMore {
			break
		}
		for k, v := range p.Pagination.NextArgs {
			with[k] = v
		}
	}
	if len(seen) != 25 {
		t.Errorf("pages have %d issues", len(seen))
	}
}

// conflicts of two branches are a reason, and no merge.
func (l *gitlabLine) conflicts(t *testing.T, repo string) {
	number := l.request(t, repo, "left", map[string]string{"README.md": "left\n"})
	l.change(t, repo, "main", map[string]string{"README.md": "right\n"})
	l.says(t, "get_merge_request", named{"repo": repo, "number": number}, "it has conflicts")
	plan := answer[struct{ Blockers []string }](t, l, "merge_merge_request", named{"repo": repo, "number": number, "expected_head_sha": l.Head(t, repo, "left")})
	if len(plan.Blockers) == 0 {
		t.Error("the plan has no blockers")
	}
}

// mergeRace is a merge that GitLab refuses after it said that it can be.
func (l *gitlabLine) mergeRace(t *testing.T, repo string) {
	for status, code := range map[int]string{409: "conflict", 405: "failed_precondition", 422: "failed_precondition"} {
		branch := fmt.Sprintf("race-%d", status)
		number := l.request(t, repo, branch, map[string]string{branch: "x\n"})
		with := named{"repo": repo, "number": number, "expected_head_sha": l.Head(t, repo, branch)}
		with["confirm"] = answer[struct{ Confirm string }](t, l, "merge_merge_request", with).Confirm
		l.Lab.Set(func(s *gitlab.Switches) { s.RefuseMerge = status })
		l.refuses(t, "merge_merge_request", with, code, "being merged by somebody else")
		l.Lab.Set(func(s *gitlab.Switches) { s.RefuseMerge = 0 })
		if state := l.GetPull(t, repo, number).State; state != "open" {
			t.Errorf("it is %s", state)
		}
	}
}

// largeDiffs are left out by GitLab: they are listed, with the reason.
func (l *gitlabLine) largeDiffs(t *testing.T, repo string) {
	l.Lab.Set(func(s *gitlab.Switches) { s.MaxPatch = 2000 })
	number := l.request(t, repo, "large", map[string]string{"large.txt": strings.Repeat("line\n", 1000), "folded.txt": strings.Repeat("line\n", 200), "small.txt": "small\n"})
	text := l.says(t, "get_merge_request_diff", named{"repo": repo, "number": number}, "large.txt", "folded.txt", "+small")
	for _, file := range []string{"large.txt", "folded.txt"} {
		_, row, _ := strings.Cut(text, "\n"+file+"\t")
		row, _, _ = strings.Cut(row, "\n")
		if cells := strings.Split(row, "\t"); cells[len(cells)-1] == "" {
			t.Errorf("no reason for %s: %q", file, row)
		}
	}
}

// errorBodies come in all forms that GitLab has.
func (l *gitlabLine) errorBodies(t *testing.T, repo string) {
	issues := fault.All(fault.Method("POST"), fault.Path("/api/v4/projects/*/issues"))
	for body, words := range map[string][]string{
		`{"message":"400 Bad request - the title is odd"}`:                         {"the title is odd"},
		`{"message":["the title is odd","and short"]}`:                             {"the title is odd", "and short"},
		`{"message":{"title":["is odd","is short"],"base":["so it is"]}}`:          {"title is odd", "is short", "so it is"},
		`{"message":{"error":"odd"}}`:                                              {"odd"},
		`{"error":"title is missing, labels does not have a valid value"}`:         {"title is missing"},
		`{"error":"insufficient_scope","error_description":"needs","scope":"api"}`: {"insufficient_scope"},
		`{"message":null}`: nil,
		`["what?"]`:        nil,
		`<html>Odd</html>`: nil,
		``:                 nil,
	} {
		for status, code := range map[int]string{400: "invalid_argument", 422: ""} {
			l.front.Honest()
			l.front.On(issues, fault.Answer(status, "application/json", body))
			r := l.call(t, "create_issue", named{"repo": repo, "title": "x"})
			if !r.IsError || !strings.Contains(r.Text, fmt.Sprintf("HTTP %d", status)) || code != "" && !strings.HasPrefix(r.Text, "ERROR "+code) {
				t.Errorf("%d %s: %s", status, body, r.Text)
			}
			for _, word := range words {
				if !strings.Contains(r.Text, word) {
					t.Errorf("%d %s does not say %q: %s", status, body, word, r.Text)
				}
			}
		}
	}
	l.front.Honest()
}

// faults are of what stands before GitLab.
func (g *gitlabs) faults(t *testing.T) {
	l := g.line(t, "LOOM_MCP_TIMEOUT", "3s")
	repo := l.NewRepo(t, "faults")
	l.Issue(t, repo, "the only issue", "")
	stranger := fault.Stranger(t)
	issues := fault.Path("/api/v4/projects/*/issues")
	for name, tc := range map[string]struct {
		match fault.Match
		lie   fault.Behaviour
		code  string // empty: it is tried again, and succeeds
	}{
		"busy once":         {fault.First(1, issues), fault.Status(http.StatusServiceUnavailable), ""},
		"cut once":          {fault.First(1, issues), fault.Cut(fault.After(10)), ""},
		"half once":         {fault.First(1, issues), fault.Half(), ""},
		"the front's limit": {issues, fault.GitLabLimit(time.Minute), "rate_limited"},
		"one endpoint's":    {issues, fault.GitLabEndpointLimit(), "rate_limited"},
		"in words":          {issues, fault.RetryText("1m0s"), "rate_limited"},
		"a login page":      {issues, fault.LoginPage(), "failed_precondition"},
		"an error page":     {issues, fault.ErrorPage(http.StatusBadGateway), "unavailable"},
		"hangs":             {issues, fault.Hang(), "timeout"},
		"drips":             {issues, fault.Trickle(1, 200*time.Millisecond), "timeout"},
		"always half":       {issues, fault.Half(), "unavailable"},
		"a bomb":            {issues, fault.GzipBomb(100 << 20), "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			l.front.Honest()
			defer l.front.Honest()
			l.front.On(tc.match, tc.lie)
			if tc.code == "" {
				l.says(t, "list_issues", named{"repo": repo}, "the only issue")
			} else {
				l.refuses(t, "list_issues", named{"repo": repo}, tc.code)
			}
		})
	}
	l.front.On(issues, fault.Redirect(http.StatusFound, stranger.URL))
	if r := l.call(t, "list_issues", named{"repo": repo}); !r.IsError || len(stranger.Credentials()) > 0 {
		t.Errorf("a stranger got %v, and answered %s", stranger.Credentials(), r.Text)
	}
	l.front.Honest()
}

// traces are long, and have the runner's own time before each line.
func (l *gitlabLine) traces(t *testing.T, repo string) {
	path, workflow := l.Workflow("build", "test")
	l.change(t, repo, "main", map[string]string{path: workflow + "down:\n  trigger: {include: child.yml}\n"})
	l.Lab.Set(func(s *gitlab.Switches) { s.Stamps = true })
	run, job := l.Lab.Play(repo, "main", []gitlab.Step{{Name: "build", Log: []string{"\rhalf\rbuilt"}}, {Name: "test", Failed: true, Log: []string{"\x1b[31mcalc_test.go:7: want 3\x1b[0m"}}})
	text := l.says(t, "get_job_logs", named{"repo": repo, "job_id": job, "tail": 2000}, "built", "calc_test.go:7: want 3")
	for _, dirt := range []string{"section_", "\x1b", "00O", "half"} {
		if strings.Contains(text, dirt) {
			t.Errorf("the log has %q:\n%s", dirt, text)
		}
	}
	child := l.Lab.Child(repo, run)
	l.Lab.PlayPipeline(repo, child, []gitlab.Step{{Name: "x", Failed: true, Log: []string{"error: in the child"}}})
	l.says(t, "diagnose_pipeline", named{"repo": repo, "run_id": run}, "error: in the child", "want 3")
	l.says(t, "get_pipeline", named{"repo": repo, "run_id": run}, fmt.Sprint(child))

	line := []byte("some line of a log that is as long as they are\n")
	long := append(bytes.Repeat(line, (20<<20)/len(line)), "error: the last line\n"...)
	l.Lab.SetTrace(repo, job, long)
	began := time.Now()
	l.says(t, "get_job_logs", named{"repo": repo, "job_id": job, "tail": 5}, "error: the last line", fmt.Sprint(len(long)/len(line)))
	l.says(t, "diagnose_pipeline", named{"repo": repo, "run_id": run}, "error: the last line")
	t.Logf("20 MB, twice, took %s", time.Since(began).Round(time.Millisecond))
}
