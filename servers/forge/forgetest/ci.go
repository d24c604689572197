package forgetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// ci breaks, and one call says why and since when.
func ci(t *testing.T, w World) {
	if w.CI == nil {
		t.Skip(w.NoCI)
	}
	repo := w.Forge.NewRepo(t, "ci")
	path, workflow := w.CI.Workflow("build", "test")
	commit := func(message string, changes ...any) string {
		t.Helper()
		return decode[writeAnswer](t, w.Call, "commit_files", args("repo", repo, "branch", "main", "message", message, "changes", changes)).SHA
	}
	red := func() []StepState {
		return []StepState{
			{Name: "build", Log: []string{"compiling", "\x1b[32mdone\x1b[0m with 0 errors"}},
			{Name: "test", Failed: true, Log: append(strings.Split(strings.TrimSpace(numbered("=== RUN   Test", 40)), "\n"),
				"    \x1b[31mcalc_test.go:7: Add(1, 2) is 4, want 3\x1b[0m", "--- FAIL: TestAdd (0.00s)", "FAIL\tacme/calc\t0.01s", "exit status 1")},
		}
	}
	good := commit("ci: begin", args("path", path, "action", "create", "content", workflow), args("path", "calc.go", "action", "create", "content", "package calc\n\nfunc Add(a, b int) int { return a + b }\n"))
	goodRun := w.CI.Play(t, repo, "main", []StepState{{Name: "build", Log: []string{"ok"}}, {Name: "test", Log: []string{"ok"}}})
	bad := commit("calc: faster", args("path", "calc.go", "action", "update", "edits", args("find", "a + b", "replace", "a + b + 1")))
	w.CI.Play(t, repo, "main", red())
	commit("docs: a word", args("path", "README.md", "action", "update", "content", "words\n"))
	run := w.CI.Play(t, repo, "main", red())

	d := decode[struct {
		Summary  string
		RunID    int64 `json:"run_id"`
		Status   string
		Failures []struct {
			Job   string
			JobID int64 `json:"job_id"`
			Step  string
			Cause string
			Log   string
		}
		History struct {
			LastGood string `json:"last_good"`
			FirstBad string `json:"first_bad"`
			GoodRun  int64  `json:"last_good_run"`
			Commits  []struct{ Subject string }
		}
		Suspects []struct{ Path string }
	}](t, w.Call, w.run("diagnose_{short run}"), args("repo", repo, "ref", "main"))
	if d.RunID != run || d.Status != "failure" || len(d.Failures) != 1 {
		t.Fatalf("the diagnosis is %+v, the run %d", d, run)
	}
	failure := d.Failures[0]
	if failure.Step != "test" || !strings.Contains(failure.Cause, "FAIL: TestAdd") || !strings.Contains(failure.Log, "calc_test.go:7: Add(1, 2) is 4, want 3") || strings.Contains(failure.Log, "\x1b") {
		t.Errorf("the failure is %+v", failure)
	}
	if h := d.History; !strings.HasPrefix(good, h.LastGood) || !strings.HasPrefix(bad, h.FirstBad) || h.LastGood == "" || h.GoodRun != goodRun || len(h.Commits) != 1 || h.Commits[0].Subject != "calc: faster" {
		t.Errorf("the history is %+v, good %s, bad %s", h, good, bad)
	}
	if len(d.Suspects) != 1 || d.Suspects[0].Path != "calc.go" {
		t.Errorf("the suspects are %+v", d.Suspects)
	}
	has(t, "the summary", d.Summary, "step test", "FAIL: TestAdd", "red since")

	logs(t, w, repo, run, failure.JobID)
	list := must(t, w.Call, w.run("list_{run}s"), args("repo", repo, "status", "failure", "ref", "main")).Text
	has(t, "list", list, fmt.Sprint(run), "failure", "total=2")
	if strings.Contains(list, "success") {
		t.Errorf("the list of failures is\n%s", list)
	}
	has(t, "get", must(t, w.Call, w.run("get_{run}"), args("repo", repo, "run_id", run)).Text, "status: failure", "test\t")
	again(t, w, repo, path[strings.LastIndexByte(path, '/')+1:], run)
}

// again starts a run by hand and one that failed anew: both pass, so that it was
// a matter of luck.
func again(t *testing.T, w World, repo, workflow string, red int64) {
	t.Helper()
	type made struct {
		Changed bool
		RunID   int64 `json:"run_id"`
		Status  string
	}
	pass := []StepState{{Name: "build", Log: []string{"ok"}}, {Name: "test", Log: []string{"ok"}}}
	started := decode[made](t, w.Call, "run_"+w.Nouns.Workflow, args("repo", repo, "workflow", workflow, "ref", "main"))
	if !started.Changed || started.RunID == 0 || started.RunID == red || started.Status != "queued" {
		t.Fatalf("started %+v", started)
	}
	refused(t, w.Call, w.run("control_{short run}"), args("repo", repo, "run_id", started.RunID, "action", "retry"), "failed_precondition", "queued")
	if run := w.CI.Play(t, repo, "main", pass); run != started.RunID {
		t.Fatalf("played %d, started %d", run, started.RunID)
	}
	has(t, "the diagnosis", must(t, w.Call, w.run("diagnose_{short run}"), args("repo", repo, "run_id", red)).Text, "likely: the same commit passed in 1 other run")
	has(t, "the diagnosis", must(t, w.Call, w.run("diagnose_{short run}"), args("repo", repo, "run_id", started.RunID)).Text, "the run is green")
	if r := decode[made](t, w.Call, w.run("control_{short run}"), args("repo", repo, "run_id", red, "action", "retry_failed")); !r.Changed {
		t.Fatalf("retried %+v", r)
	}
	if run := w.CI.Play(t, repo, "main", pass); run != red {
		t.Fatalf("played %d, retried %d", run, red)
	}
	has(t, "the run", must(t, w.Call, w.run("get_{run}"), args("repo", repo, "run_id", red)).Text, "status: success")
}

func logs(t *testing.T, w World, repo string, run, job int64) {
	t.Helper()
	type meta struct {
		Lines   int   `json:"total_lines"`
		Shown   []int `json:"lines"`
		Matches *int
		Step    string
		Earlier map[string]any `json:"earlier_args"`
		Next    map[string]any `json:"next_args"`
	}
	read := func(a map[string]any) (meta, string) {
		t.Helper()
		a["repo"] = repo
		line, body, _ := strings.Cut(must(t, w.Call, "get_job_logs", a).Text, "\n")
		var m meta
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		return m, body
	}
	m, body := read(args("run_id", run, "tail", 3))
	if len(m.Shown) != 2 || m.Shown[1] != m.Lines || m.Earlier == nil || m.Next != nil || !strings.Contains(body, "exit status 1") || strings.Contains(body, "\x1b") {
		t.Errorf("the end of the log is %+v\n%s", m, body)
	}
	// Backwards by windows is the whole log.
	whole, _ := read(args("job_id", job, "tail", 2000))
	seen, a := 0, args("job_id", job, "tail", 20)
	for calls := 0; a != nil && calls < 20; calls++ {
		m, _ := read(a)
		last := m.Shown[1]
		if seen > 0 {
			last = min(last, whole.Lines-seen)
		}
		seen += last - m.Shown[0] + 1
		if m.Earlier == nil {
			break
		}
		for k, v := range m.Earlier {
			a[k] = v
		}
	}
	if seen != whole.Lines {
		t.Errorf("the windows have %d lines, the log %d", seen, whole.Lines)
	}
	m, body = read(args("job_id", job, "grep", "want \\d", "context_lines", 1))
	if m.Matches == nil || *m.Matches != 1 || !strings.Contains(body, "--- FAIL: TestAdd") || strings.Contains(body, "compiling") {
		t.Errorf("grep has %+v\n%s", m, body)
	}
	m, body = read(args("job_id", job, "step", "build"))
	if m.Step != "build" || !strings.Contains(body, "done with 0 errors") || strings.Contains(body, "TestAdd") {
		t.Errorf("the step is %+v\n%s", m, body)
	}
	refused(t, w.Call, "get_job_logs", args("repo", repo, "job_id", job, "step", "deploy"), "not_found", " test")
}
