package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

func TestBlame(t *testing.T) {
	const ranges = `{"data":{"repository":{"object":{"blame":{"ranges":[
		{"startingLine":1,"endingLine":3,"commit":{"oid":"` + head + `","message":"begin\n\nbody","committedDate":"2026-11-01T10:00:00Z","author":{"name":"Ann A","user":{"login":"ann"}}}},
		{"startingLine":4,"endingLine":4,"commit":{"oid":"` + head + `","message":"more","committedDate":null,"author":null}}]}}}}}`
	u := newFake(t).on("GET "+repo+"/commits/HEAD", sha(head)).on("POST /graphql", func(w http.ResponseWriter, r *http.Request) {
		body := sent(t, r)
		if v := body["variables"].(map[string]any); v["commit"] != head || v["path"] != "x.go" || v["owner"] != "a" {
			t.Errorf("asked with %v", v)
		}
		reply(200, ranges)(w, r)
	})
	text := u.connect(t).MustText("get_blame", a("path", "x.go", "start_line", 2))
	has(t, text, "2-3\t0123456789ab\t2026-11-01T10:00:00Z\tann\tbegin", "4\t0123456789ab\t\t\tmore")

	// Of a file that is not there GitHub says what it says of an empty one.
	u.on("POST /graphql", reply(200, `{"data":{"repository":{"object":{"blame":{"ranges":[]}}}}}`)).on("GET "+repo+"/git/trees/"+head, reply(200, `{"tree":[{"path":"x.go","type":"blob"}]}`))
	has(t, u.connect(t).MustFail("get_blame", a("path", "y.go"), kit.NotFound), "y.go")
}

func TestQuery(t *testing.T) {
	u := newFake(t)
	c := u.connect(t)
	u.on("POST /graphql", func(w http.ResponseWriter, r *http.Request) {
		raw, _ := json.Marshal(sent(t, r))
		reply(200, `{"data":`+string(raw)+`,"errors":[{"message":"one part is missing"}]}`)(w, r)
	})
	has(t, c.MustText("query_graphql", map[string]any{"query": "query($n:Int!){a(first:$n)}", "variables": map[string]any{"n": 5}}), `"variables":{"n":5}`, "one part is missing")
	for answer, code := range map[string]kit.Code{
		`{"data":null,"errors":[{"type":"NOT_FOUND","message":"no"}]}`:           kit.NotFound,
		`{"errors":[{"message":"Field 'x' doesn't exist on type 'Query'"}]}`:     kit.InvalidArgument,
		`{"data":null,"errors":[{"type":"FORBIDDEN","message":"not you"}]}`:      kit.PermissionDenied,
		`{"data":null,"errors":[{"type":"RATE_LIMITED","message":"too often"}]}`: kit.RateLimited,
	} {
		u.on("POST /graphql", reply(200, answer))
		c.MustFail("query_graphql", map[string]any{"query": "{x}"}, code)
	}
	before := len(u.Sent())
	c.MustFail("query_graphql", map[string]any{"query": "mutation{x}"}, kit.PermissionDenied)
	if len(u.Sent()) != before {
		t.Error("a mutation was sent")
	}
}

// TestThreads are read to their end, and so are their comments.
func TestThreads(t *testing.T) {
	comments := func(from, to int, more bool) string {
		var list []string
		for i := from; i < to; i++ {
			list = append(list, fmt.Sprintf(`{"fullDatabaseId":"%d","body":"comment %d"}`, i, i))
		}
		return fmt.Sprintf(`{"pageInfo":{"hasNextPage":%v,"endCursor":"C"},"nodes":[%s]}`, more, strings.Join(list, ","))
	}
	u := newFake(t).on("POST /graphql", func(w http.ResponseWriter, r *http.Request) {
		body := sent(t, r)
		after, _ := body["variables"].(map[string]any)["after"].(string)
		switch {
		case strings.Contains(body["query"].(string), "Threads(") && after == "":
			reply(200, `{"data":{"repository":{"pullRequest":{"reviewThreads":{"pageInfo":{"hasNextPage":true,"endCursor":"P"},"nodes":[{"id":"T1","path":"x","line":1,"comments":`+comments(0, 1, false)+`}]}}}}}`)(w, r)
		case strings.Contains(body["query"].(string), "Threads("):
			reply(200, `{"data":{"repository":{"pullRequest":{"reviewThreads":{"pageInfo":{"hasNextPage":false},"nodes":[{"id":"T2","path":"y","line":2,"comments":`+comments(0, 2, true)+`}]}}}}}`)(w, r)
		case after == "":
			reply(200, `{"data":{"node":{"id":"T2","path":"y","line":2,"pullRequest":{"number":1},"repository":{"nameWithOwner":"a/b"},"comments":`+comments(0, 2, true)+`}}}`)(w, r)
		default:
			reply(200, `{"data":{"node":{"id":"T2","path":"y","line":2,"pullRequest":{"number":1},"repository":{"nameWithOwner":"a/b"},"comments":`+comments(2, 4, false)+`}}}`)(w, r)
		}
	})
	has(t, u.connect(t).MustText("list_review_threads", a("number", 1)), "T1", "T2", "comment 0", "comment 3")
}

// TestChecks are those of apps and the statuses, and the worst of them counts.
func TestChecks(t *testing.T) {
	u := newFake(t).on("GET "+repo+"/pulls", reply(200, `[{"number":1,"title":"t","state":"open","head":{"sha":"`+head+`"}}]`)).
		on("GET "+repo+"/commits/"+head+"/status", reply(200, `{"statuses":[{"context":"ci/old","state":"success"}]}`)).
		on("GET "+repo+"/commits/"+head+"/check-runs", reply(200, `{"check_runs":[{"name":"build","status":"completed","conclusion":"success"},{"name":"test","status":"completed","conclusion":"timed_out"}]}`))
	c := u.connect(t)
	has(t, c.MustText("list_pull_requests", a("include", "checks")), "failure")
	u.on("GET "+repo+"/commits/"+head+"/check-runs", reply(200, `{"check_runs":[{"name":"test","status":"in_progress","conclusion":null}]}`))
	has(t, c.MustText("list_pull_requests", a("include", "checks")), "pending")
}

// TestConfig checks the workflows of the repository, or a text.
func TestConfig(t *testing.T) {
	u := newFake(t).on("GET "+repo+"/contents/.github/workflows", reply(200, `[{"type":"file","path":".github/workflows/ci.yml"},{"type":"file","path":".github/workflows/README.md"}]`)).
		on("GET "+repo+"/contents/.github/workflows/ci.yml", reply(200, `{"type":"file","path":".github/workflows/ci.yml","size":20,"encoding":"base64","content":"b246IHB1c2gKam9iczoge30K"}`))
	c := u.connect(t)
	has(t, c.MustText("check_ci_config", a()), "valid: false", ".github/workflows/ci.yml\t2\t", "there is no job")
	has(t, c.MustText("check_ci_config", a("content", "on: push\njobs: {a: {runs-on: x, steps: [{run: y}]}}")), "valid: true")
	u.on("GET "+repo+"/contents/.github/workflows", reply(404, `{"message":"Not Found"}`))
	c.MustFail("check_ci_config", a(), kit.NotFound)
}

// TestLargeFiles are read as they are, and a tree that was cut by its folder.
func TestLargeFiles(t *testing.T) {
	u := newFake(t).on("GET "+repo+"/contents/big.txt", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("Accept"), ".raw") {
			w.Write([]byte(strings.Repeat("a line\n", 300_000)))
			return
		}
		reply(200, `{"type":"file","path":"big.txt","sha":"x","size":2100000,"encoding":"none","content":""}`)(w, r)
	}).on("GET "+repo+"/commits/HEAD", sha(head)).
		on("GET "+repo+"/git/trees/"+head, reply(200, `{"truncated":true,"tree":[{"path":"a","type":"tree","sha":"ta"},{"path":"a/b","type":"tree","sha":"tb"}]}`)).
		on("GET "+repo+"/contents/a", reply(200, `[{"type":"dir","name":"b","path":"a/b","sha":"tb"}]`)).
		on("GET "+repo+"/git/trees/tb", reply(200, `{"truncated":false,"tree":[{"path":"c.txt","type":"blob","mode":"100644","size":3}]}`))
	c := u.connect(t)
	has(t, c.MustText("get_file", a("path", "big.txt", "start_line", 299_999)), `"total_lines":300000`, "a line\n")
	text := c.MustText("list_files", a("path", "a/b", "recursive", true))
	if has(t, text, "a/b/c.txt"); strings.Contains(text, "left out") {
		t.Error(text)
	}
	has(t, c.MustText("list_files", a("recursive", true)), "left out a part")
}

// TestStartRun: on an Enterprise Server the run is the one that was not there.
func TestStartRun(t *testing.T) {
	runs := `{"total_count":1,"workflow_runs":[{"id":5,"event":"workflow_dispatch"}]}`
	u := newFake(t)
	u.on("GET "+repo+"/actions/workflows/ci.yml/runs", func(w http.ResponseWriter, r *http.Request) { reply(200, runs)(w, r) }).
		on("POST "+repo+"/actions/workflows/ci.yml/dispatches", func(w http.ResponseWriter, r *http.Request) {
			if raw, _ := json.Marshal(sent(t, r)); string(raw) != `{"inputs":{"level":"1"},"ref":"main"}` {
				t.Errorf("sent %s", raw)
			}
			runs = `{"total_count":2,"workflow_runs":[{"id":9,"event":"workflow_dispatch"}]}`
			w.WriteHeader(http.StatusNoContent)
		}).
		on("GET "+repo+"/actions/runs/9", reply(200, `{"id":9,"status":"queued"}`))
	has(t, u.connect(t).MustText("run_workflow", a("workflow", ".github/workflows/ci.yml", "ref", "main", "inputs", map[string]any{"level": 1})), "run_id: 9", "queued")
}

// TestFailedRuns: GitHub has several words for it, and all count.
func TestFailedRuns(t *testing.T) {
	u := newFake(t).on("GET "+repo+"/actions/runs", func(w http.ResponseWriter, r *http.Request) {
		if s := r.URL.Query().Get("status"); s != "" {
			t.Errorf("asked for the status %s", s)
		}
		reply(200, `{"total_count":3,"workflow_runs":[{"id":3,"status":"completed","conclusion":"timed_out"},{"id":2,"status":"completed","conclusion":"success"},{"id":1,"status":"completed","conclusion":"failure"}]}`)(w, r)
	})
	text := u.connect(t).MustText("list_workflow_runs", a("status", "failure"))
	if has(t, text, "3\t", "1\t"); strings.Contains(text, "success") {
		t.Error(text)
	}
}

// TestRules are those of rulesets and those of the older protection.
func TestRules(t *testing.T) {
	u := newFake(t).on("GET "+repo, reply(200, `{"full_name":"a/b","default_branch":"main","size":1}`)).on("GET "+repo+"/pulls", reply(200, `[]`)).
		on("GET "+repo+"/branches/main", reply(200, `{"name":"main","protected":true,"protection":{"enabled":true,"required_status_checks":{"contexts":["old"]}}}`)).
		on("GET "+repo+"/rules/branches/main", reply(200, `[{"type":"pull_request","parameters":{"required_approving_review_count":2,"require_code_owner_review":true}},{"type":"required_status_checks","parameters":{"required_status_checks":[{"context":"build"}],"strict_required_status_checks_policy":true}}]`)).
		on("GET "+repo+"/branches/main/protection", reply(403, `{"message":"Resource not accessible"}`))
	c := u.connect(t)
	has(t, c.MustText("get_repo", a()), "required_approvals: 2", "build", "old", "a code owner has to approve", "up to date")
	u.on("GET "+repo+"/branches/main/protection", reply(200, `{"required_pull_request_reviews":{"required_approving_review_count":3},"required_linear_history":{"enabled":true}}`))
	has(t, c.MustText("get_repo", a()), "required_approvals: 3", "no merge commits")
}

// TestVariables: what the token may not list is said to be missing.
func TestVariables(t *testing.T) {
	u := newFake(t).on("GET "+repo+"/actions/variables", reply(200, `{"total_count":1,"variables":[{"name":"LEVEL","value":"the value"}]}`)).
		on("GET "+repo+"/actions/secrets", reply(200, `{"total_count":1,"secrets":[{"name":"TOKEN","created_at":"2026-11-01T10:00:00Z","updated_at":"2026-11-01T10:00:00Z"}]}`))
	c := u.connect(t)
	text := c.MustText("list_ci_variables", a())
	if has(t, text, "LEVEL", "TOKEN"); strings.Contains(text, "the value") {
		t.Error(text)
	}
	u.on("GET "+repo+"/actions/secrets", reply(403, `{"message":"no"}`))
	has(t, c.MustText("list_ci_variables", a()), "LEVEL", "without secrets")
	u.on("GET "+repo+"/actions/variables", reply(403, `{"message":"no"}`))
	c.MustFail("list_ci_variables", a(), kit.PermissionDenied)
}

// TestSearchCode reads the files for the lines.
func TestSearchCode(t *testing.T) {
	u := newFake(t).on("GET /search/code", func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query().Get("q"); q != `"Needle()" repo:a/b path:src extension:go` {
			t.Errorf("asked for %s", q)
		}
		reply(200, `{"total_count":2,"items":[{"path":"src/x.go"},{"path":"src/gone.go"}]}`)(w, r)
	}).on("GET "+repo+"/contents/src/x.go", reply(200, `{"type":"file","path":"src/x.go","size":20,"encoding":"base64","content":"b25lCm5lZWRsZSgpCg=="}`))
	has(t, u.connect(t).MustText("search_code", a("query", "Needle()", "path", "src/*.go")), "src/x.go", "2: needle()", "language: 1")
}
