package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/service"
)

// runner is a runner of Gitea Actions that runs nothing: it says of each step
// what the test wants. Gitea's own is no module that a module proxy serves; what
// it speaks with Gitea is RPCs with JSON, so that runs, jobs, steps and logs are
// Gitea's, made in its usual way.
type runner struct {
	t           testing.TB
	at          service.Endpoint
	uuid, token string
}

// newRunner registers a runner for one repository.
func newRunner(t testing.TB, at service.Endpoint, api *gitea.Client, repo string) *runner {
	t.Helper()
	owner, name, _ := strings.Cut(repo, "/")
	registration, _, err := api.CreateRepoActionRunnerRegistrationToken(owner, name)
	if err != nil {
		t.Fatalf("asking for a runner's token: %v", err)
	}
	r := &runner{t: t, at: at}
	var made struct {
		Runner struct{ UUID, Token string }
	}
	r.call("Register", map[string]any{"name": "played", "token": registration.Token, "version": "loom", "labels": []string{"loom"}}, &made)
	r.uuid, r.token = made.Runner.UUID, made.Runner.Token
	r.call("Declare", map[string]any{"version": "loom", "labels": []string{"loom"}}, nil)
	return r
}

// call does an RPC.
func (r *runner) call(method string, message, into any) {
	r.t.Helper()
	body, err := json.Marshal(message)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.at.URL+"/api/actions/runner.v1.RunnerService/"+method, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("x-runner-uuid", r.uuid)
	req.Header.Set("x-runner-token", r.token)
	resp, err := browser.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		r.t.Fatalf("%s of the runner: %s %v: %s", method, resp.Status, err, raw)
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			r.t.Fatalf("%s of the runner: %v: %s", method, err, raw)
		}
	}
}

// fetch waits for a task, and says of which run it is.
func (r *runner) fetch() (task string, run int64) {
	r.t.Helper()
	testbed.Eventually(r.t, "there is a task for the runner", func() bool {
		var got struct {
			Task struct {
				ID      string
				Context struct {
					RunID string `json:"run_id"`
				}
			}
		}
		r.call("FetchTask", map[string]any{"tasksVersion": "0"}, &got)
		task = got.Task.ID
		run, _ = strconv.ParseInt(got.Task.Context.RunID, 10, 64)
		return task != ""
	})
	return task, run
}

// play does a task: its steps take two seconds each, by their own clock.
func (r *runner) play(task string, steps []forgetest.StepState) {
	r.t.Helper()
	began := time.Now().UTC().Add(-time.Duration(len(steps)) * 2 * time.Second).Truncate(time.Second)
	stamp := func(t time.Time) string { return t.Format(time.RFC3339Nano) }
	var rows, states []map[string]any
	result, at := "RESULT_SUCCESS", began
	for i, s := range steps {
		state := map[string]any{
			"id": strconv.Itoa(i), "result": "RESULT_SUCCESS", "startedAt": stamp(at), "stoppedAt": stamp(at.Add(time.Second)),
			"logIndex": strconv.Itoa(len(rows)), "logLength": strconv.Itoa(len(s.Log)),
		}
		if s.Failed {
			state["result"], result = "RESULT_FAILURE", "RESULT_FAILURE"
		}
		for n, line := range s.Log {
			rows = append(rows, map[string]any{"time": stamp(at.Add(time.Duration(n) * time.Millisecond)), "content": line})
		}
		states = append(states, state)
		at = at.Add(2 * time.Second)
	}
	for i := 0; i < len(rows); i += 1000 {
		r.call("UpdateLog", map[string]any{"taskId": task, "index": strconv.Itoa(i), "rows": rows[i:min(i+1000, len(rows))]}, nil)
	}
	r.call("UpdateLog", map[string]any{"taskId": task, "index": strconv.Itoa(len(rows)), "noMore": true}, nil)
	r.call("UpdateTask", map[string]any{"state": map[string]any{
		"id": task, "result": result, "startedAt": stamp(began), "stoppedAt": stamp(at), "steps": states,
	}}, nil)
}

// workflow is a file with one job of these steps.
func workflow(steps ...string) (path, content string) {
	var b strings.Builder
	b.WriteString("name: ci\non: [push, workflow_dispatch]\njobs:\n  test:\n    runs-on: loom\n    steps:\n")
	for _, s := range steps {
		fmt.Fprintf(&b, "      - name: %s\n        run: make %s\n", s, s)
	}
	return ".gitea/workflows/ci.yml", b.String()
}
