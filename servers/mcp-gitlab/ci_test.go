package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestLog keeps the end of a log of 20 MB, which GitLab gives as a whole.
func TestLog(t *testing.T) {
	var log bytes.Buffer
	n := 0
	for ; log.Len() < 20<<20; n++ {
		fmt.Fprintf(&log, "\x1b[0Kline %d of a log that goes on and on and on\n", n+1)
	}
	u := newFake(t).on("GET {}/jobs/3", reply(200, `{"id":3,"name":"test","status":"failed"}`)).
		on("GET {}/jobs/3/trace", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Write(log.Bytes())
		})
	c := u.connect(t)
	if text := c.MustText("get_job_logs", a("job_id", 3, "tail", 2)); !strings.Contains(text, fmt.Sprintf("%d:line %d of a log", n, n)) {
		t.Errorf("the end is %s", text)
	}
	if text := c.MustText("get_job_logs", a("job_id", 3, "grep", "line 7 of", "context_lines", 0)); !strings.Contains(text, "7:line 7 of a log") {
		t.Errorf("grep finds %s", text)
	}
}

// TestLogElsewhere: logs may be kept elsewhere, where our token is nobody's business.
func TestLogElsewhere(t *testing.T) {
	var brought string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		brought = r.Header.Get("Authorization") + r.Header.Get("PRIVATE-TOKEN")
		io.WriteString(w, "from elsewhere\n")
	}))
	defer other.Close()
	u := newFake(t).on("GET {}/jobs/3", reply(200, `{"id":3,"name":"test"}`))
	u.on("GET {}/jobs/3/trace", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	if text := u.connect(t).MustText("get_job_logs", a("job_id", 3)); !strings.Contains(text, "1:from elsewhere") || brought != "" {
		t.Errorf("got %s, brought %q", text, brought)
	}
}

// pipeline is one that failed in a child and in a job that was retried.
func pipeline(t *testing.T) *fakeGitLab {
	return newFake(t).
		on("GET {}/pipelines/10", reply(200, `{"id":10,"project_id":7,"status":"failed","ref":"main","sha":"s10","source":"push","started_at":"2026-11-01T10:00:00Z","user":{"username":"bob"}}`)).
		on("GET {}/pipelines/10/jobs", reply(200, `[
			{"id":102,"name":"unit","stage":"test","status":"success","pipeline":{"id":10}},{"id":101,"name":"unit","stage":"test","status":"failed","failure_reason":"script_failure","pipeline":{"id":10}},
			{"id":103,"name":"lint","stage":"test","status":"failed","allow_failure":true,"failure_reason":"script_failure"},{"id":104,"name":"deploy","stage":"deploy","status":"manual","allow_failure":true},
			{"id":105,"name":"slow","stage":"test","status":"failed","failure_reason":"job_execution_timeout"}]`)).
		on("GET {}/pipelines/10/bridges", reply(200, `[
			{"id":110,"name":"child","stage":"test","status":"failed","pipeline":{"id":10,"project_id":7},"downstream_pipeline":{"id":11,"project_id":7,"status":"failed"}},
			{"id":111,"name":"away","stage":"test","status":"success","pipeline":{"id":10,"project_id":7},"downstream_pipeline":{"id":99,"project_id":8,"status":"success"}}]`)).
		on("GET {}/pipelines/11/jobs", reply(200, `[{"id":112,"name":"inner","stage":"test","status":"failed","failure_reason":"script_failure","pipeline":{"id":11}}]`)).
		on("GET {}/pipelines/11/bridges", reply(200, `[]`)).on("GET {}/pipelines", reply(200, `[{"id":10,"status":"failed","ref":"main","sha":"s10"},{"id":9,"status":"success","ref":"main","sha":"s09"}]`)).
		on("GET {}/jobs/112/trace", reply(200, "section_start:1:step_script[collapsed=true]\r\x1b[0KExecuting\n\x1b[31m--- FAIL: TestInner\x1b[0m\n\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\nsection_end:2:step_script\r\x1b[0K\n")).
		on("GET {}/jobs/105/trace", reply(200, "10%\r50%\r99%\nERROR: Job failed: execution took longer than 1h0m0s seconds\n")).
		on("GET {}/repository/compare", reply(200, `{"commits":[{"id":"s10","title":"break it"}],"diffs":[{"old_path":"inner.go","new_path":"inner.go","diff":"@@ -1 +1 @@\n-a\n+b\n"}]}`)).
		on("GET {}/repository/commits/s10", reply(200, `{"id":"s10"}`)).on("GET {}/repository/commits/s09", reply(200, `{"id":"s09"}`))
}

// TestPipeline has the jobs of children, the last tries, and what waits.
func TestPipeline(t *testing.T) {
	c := pipeline(t).connect(t)
	text := c.MustText("get_pipeline", a("run_id", 10))
	for _, want := range []string{
		"status: failure", "children: [11]", "102\tunit\ttest\tsuccess\t", "child: inner", "away", "pipeline 99 of project 8 is success",
		"manual: waits to be played", "it is allowed to fail", "job execution timeout",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "101\t") {
		t.Errorf("the first try is there:\n%s", text)
	}
	var d struct {
		Summary  string
		Failures []struct{ Job, Step, Cause string }
		History  struct {
			LastGood string `json:"last_good"`
		}
		Suspects []struct{ Path string }
	}
	c.MustStruct("diagnose_pipeline", a("ref", "main"), &d)
	if len(d.Failures) != 2 || d.Failures[1].Job != "child: inner" || d.Failures[1].Step != "step_script" || !strings.Contains(d.Failures[1].Cause, "FAIL: TestInner") || d.History.LastGood != "s09" {
		t.Errorf("the diagnosis is %+v", d)
	}
	if len(d.Suspects) != 1 || d.Suspects[0].Path != "inner.go" {
		t.Errorf("the suspects are %+v", d.Suspects)
	}
}

// TestPullPipelines: they may be of a commit that is on no branch, or in a fork.
func TestPullPipelines(t *testing.T) {
	u := pipeline(t).on("GET {}/merge_requests/1", reply(200, strings.Replace(openMerge, `"iid":1`, `"iid":1,"target_project_id":7`, 1))).
		on("GET {}/merge_requests/1/pipelines", reply(200, `[{"id":8,"project_id":7,"status":"success","sha":"merged"},{"id":10,"project_id":7,"status":"failed","sha":"merged"}]`))
	c := u.connect(t)
	if text := c.MustText("get_pipeline", a("number", 1)); !strings.Contains(text, "run_id: 10") {
		t.Errorf("the newest is %s", text)
	}
	u.on("GET {}/merge_requests/1/pipelines", reply(200, `[{"id":8,"project_id":55,"status":"success"}]`))
	if text := c.MustFail("get_pipeline", a("number", 1), kit.NotFound); !strings.Contains(text, "repo=55") {
		t.Errorf("of a fork: %s", text)
	}
}

// TestControl: what GitLab does again, and what waits for somebody.
func TestControl(t *testing.T) {
	u := pipeline(t).on("POST {}/jobs/104/play", reply(200, `{"id":104}`)).on("POST {}/jobs/105/retry", reply(201, `{"id":106}`)).on("POST {}/pipelines/10/retry", reply(201, `{"id":10}`)).
		on("GET {}/pipelines/9", reply(200, `{"id":9,"status":"success","ref":"main"}`)).on("GET {}/pipelines/12", reply(200, `{"id":12,"status":"running"}`)).on("POST {}/pipelines/12/cancel", reply(200, `{"id":12}`)).
		on("POST {}/pipeline", reply(201, `{"id":10}`)).on("GET "+repo, reply(200, `{"path_with_namespace":"a/b/c","default_branch":"main","ci_config_path":null}`))
	c := u.connect(t)
	for _, args := range []map[string]any{
		a("run_id", 10, "action", "play", "job_id", 104), a("run_id", 10, "action", "retry", "job_id", 105), a("run_id", 10, "action", "retry_failed"), a("run_id", 10, "action", "retry"), a("run_id", 12, "action", "cancel"),
	} {
		c.MustText("control_pipeline", args)
	}
	same(t, "the writes", u.writes(), []string{"POST {}/jobs/104/play", "POST {}/jobs/105/retry", "POST {}/pipelines/10/retry", "POST {}/pipelines/10/retry", "POST {}/pipelines/12/cancel"})
	c.MustFail("control_pipeline", a("run_id", 10, "action", "play"), kit.InvalidArgument)
	if text := c.MustFail("control_pipeline", a("run_id", 9, "action", "retry"), kit.FailedPrecondition); !strings.Contains(text, "run_pipeline") {
		t.Errorf("a green one: %s", text)
	}
	c.MustText("run_pipeline", a("ref", "main", "inputs", map[string]any{"B": "2", "A": "1"}, "workflow", ".gitlab-ci.yml"))
	if got := fmt.Sprint(u.sent("POST {}/pipeline")[0].Body); got != "map[ref:main variables:[map[key:A value:1] map[key:B value:2]]]" {
		t.Errorf("started with %s", got)
	}
	c.MustFail("run_pipeline", a("ref", "main", "workflow", "other.yml"), kit.InvalidArgument)
}

// TestConfig: what GitLab says of a configuration, with the place.
func TestConfig(t *testing.T) {
	u := newFake(t).on("GET {}/ci/lint", reply(200, `{"valid":false,"errors":["(<unknown>): did not find expected key while parsing a block mapping at line 3 column 1","jobs:test config should implement the script:, run:, or trigger: keyword"],"warnings":["jobs:x may allow multiple pipelines"],"merged_yaml":"---\n","includes":[{"type":"local","location":"ci/build.yml"}]}`)).
		on("POST {}/ci/lint", reply(200, `{"valid":true,"errors":[],"warnings":[],"merged_yaml":"---\ntest:\n  script: make\n"}`))
	c := u.connect(t)
	text := c.MustText("check_ci_config", a("ref", "fix"))
	for _, want := range []string{"error", "did not find expected key", "script:, run:", "warning", "ci/build.yml", "3"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if q := u.sent("GET {}/ci/lint")[0].Query; q != "content_ref=fix" {
		t.Errorf("asked with %s", q)
	}
	if text := c.MustText("check_ci_config", a("content", "test: {script: make}")); !strings.Contains(text, "script: make") {
		t.Errorf("what is right: %s", text)
	}
}

// TestReport has the tests of all jobs.
func TestReport(t *testing.T) {
	u := newFake(t).on("GET {}/pipelines/10/test_report", reply(200, `{"total_time":5,"total_count":2,"test_suites":[{"name":"unit","test_cases":[
		{"status":"success","name":"TestA","classname":"calc","execution_time":0.1},
		{"status":"failed","name":"TestB","classname":"calc","file":"calc_test.go","execution_time":1.5,"system_output":{"message":"want 3, got 4","type":"Failure"},"stack_trace":"calc_test.go:7","recent_failures":{"count":3,"base_branch":"main"}}]}]}`))
	text := u.connect(t).MustText("get_test_report", a("run_id", 10))
	for _, want := range []string{"1 passed, 1 failed", "TestB", "want 3, got 4", "calc_test.go:7", "1.5s"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

// TestBlame counts the lines of what GitLab gives in parts.
func TestBlame(t *testing.T) {
	u := newFake(t).on("GET {}/repository/files/x%2Ego/blame", reply(200, `[{"commit":{"id":"c1aaaaaaaaaaaaaa","message":"one","author_name":"Ann","authored_date":"2026-11-01T10:00:00Z"},"lines":["a","b"]},{"commit":{"id":"c2bbbbbbbbbbbbbb","message":"two"},"lines":["c"]}]`))
	text := u.connect(t).MustText("get_blame", a("path", "x.go"))
	for _, want := range []string{"1-2", "c1aaaaaaaaaa", "3", "c2bbbbbbbbbb"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}
