package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// TestSuite is what all servers pass, for tools of each area: that calls end
// when they are cancelled or Gitea says nothing, and that no credential is shown.
func TestSuite(t *testing.T) {
	var last *fakeGitea
	calls := map[string]any{
		"get_me": map[string]any{}, "list_issues": a("state", "open"), "get_issue": a("number", 1), "list_pull_requests": a("state", "open"),
		"list_workflow_runs": a(), "get_job_logs": a("job_id", 3), "list_files": a("path", "sub"),
	}
	only := func(s *kit.Server) *kit.Server {
		s.Tools = slices.DeleteFunc(s.Tools, func(t kit.Tool) bool { _, ok := calls[t.Name()]; return !ok })
		return s
	}
	saying := func(t testing.TB, text string) *kit.Server {
		issue := `{"number":1,"title":` + quote(text) + `,"body":` + quote(text) + `,"state":"open","user":{"login":"ann"}}`
		last = newFake(t).on("GET /user", reply(200, `{"login":"ann","full_name":`+quote(text)+`}`)).
			on("GET "+repo+"/issues", reply(200, "["+issue+"]")).on("GET "+repo+"/issues/1", reply(200, issue)).
			on("GET "+repo+"/issues/1/comments", reply(200, `[{"id":1,"body":`+quote(text)+`}]`)).
			on("GET "+repo+"/pulls", reply(200, "["+issue+"]")).
			on("GET "+repo+"/actions/runs", reply(200, `{"workflow_runs":[{"id":1,"display_title":`+quote(text)+`}]}`)).
			on("GET "+repo+"/actions/jobs/3", reply(200, `{"id":3,"name":"test"}`)).
			on("GET "+repo+"/actions/jobs/3/logs", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) }).
			on("GET "+repo+"/contents/sub", reply(200, `[{"path":`+quote("sub/"+text)+`,"type":"file"}]`))
		return only(server(t, map[string]string{"GITEA_URL": last.URL, "GITEA_TOKEN": "the-token-of-a-test"}))
	}
	kittest.Suite{
		New: func(t testing.TB) *kit.Server { return saying(t, "text") }, Tokens: 2000, Calls: calls,
		Hung: func(t testing.TB, url string) *kit.Server {
			return only(server(t, map[string]string{"GITEA_URL": url}))
		},
		Saying: saying, SayingIsSlow: true, Soak: 200,
		Changes: func() int {
			return len(slices.DeleteFunc(last.asked(), func(line string) bool { return line[:4] == "GET " }))
		},
	}.Run(t)
}

func quote(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw)
}
