package main

import (
	"net/http"
	"slices"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// TestSuite is what all servers pass, for tools of each area: that calls end when
// they are cancelled or GitLab says nothing, and that no credential is shown.
func TestSuite(t *testing.T) {
	var last *fakeGitLab
	calls := map[string]any{
		"get_me": map[string]any{}, "list_issues": a(), "get_issue": a("number", 1), "list_merge_requests": a(),
		"list_pipelines": a(), "get_job_logs": a("job_id", 3), "list_files": a("path", "sub"),
	}
	only := func(s *kit.Server) *kit.Server {
		s.Tools = slices.DeleteFunc(s.Tools, func(t kit.Tool) bool { _, ok := calls[t.Name()]; return !ok })
		return s
	}
	saying := func(t testing.TB, text string) *kit.Server {
		issue := `{"id":9,"iid":1,"title":` + quote(text) + `,"description":` + quote(text) + `,"state":"opened","author":{"id":1,"username":"ann"}}`
		last = newFake(t).on("GET /user", reply(200, `{"username":"ann","name":`+quote(text)+`}`)).
			on("GET {}/issues", reply(200, jsonList(issue))).on("GET {}/issues/1", reply(200, issue)).
			on("GET {}/issues/1/notes", reply(200, `[{"id":1,"body":`+quote(text)+`}]`)).
			on("GET {}/merge_requests", reply(200, jsonList(issue))).
			on("GET {}/pipelines", reply(200, `[{"id":1,"status":"failed","name":`+quote(text)+`}]`)).
			on("GET {}/jobs/3", reply(200, `{"id":3,"name":"test","status":"failed"}`)).
			on("GET {}/jobs/3/trace", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) }).
			on("GET {}/repository/tree", reply(200, `[{"path":`+quote("sub/"+text)+`,"type":"blob","mode":"100644"}]`))
		return only(server(t, map[string]string{"GITLAB_URL": last.URL, "GITLAB_TOKEN": token}))
	}
	kittest.Suite{
		New: func(t testing.TB) *kit.Server { return saying(t, "text") }, Tokens: 2000, Calls: calls,
		Hung: func(t testing.TB, url string) *kit.Server {
			return only(server(t, map[string]string{"GITLAB_URL": url}))
		},
		Saying: saying, SayingIsSlow: true, Soak: 200,
		Changes: func() int { return len(last.writes()) },
	}.Run(t)
}
