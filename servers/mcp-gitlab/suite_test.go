package main

import (
	"net/http"
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
)

func TestSuite(t *testing.T) {
	forgetest.Said{Program: program, Tokens: 2000, Calls: map[string]any{
		"get_me": map[string]any{}, "list_issues": a(), "get_issue": a("number", 1), "list_merge_requests": a(),
		"list_pipelines": a(), "get_job_logs": a("job_id", 3), "list_files": a("path", "sub"),
	}, Forge: func(t testing.TB, text string) *forgetest.Wire {
		said := forgetest.Quote(text)
		issue := `{"id":9,"iid":1,"title":` + said + `,"description":` + said + `,"state":"opened","author":{"id":1,"username":"ann"}}`
		return newFake(t).on("GET /user", reply(200, `{"username":"ann","name":`+said+`}`)).
			on("GET {}/issues", reply(200, jsonList(issue))).on("GET {}/issues/1", reply(200, issue)).
			on("GET {}/issues/1/notes", reply(200, `[{"id":1,"body":`+said+`}]`)).
			on("GET {}/merge_requests", reply(200, jsonList(issue))).
			on("GET {}/pipelines", reply(200, `[{"id":1,"status":"failed","name":`+said+`}]`)).
			on("GET {}/jobs/3", reply(200, `{"id":3,"name":"test","status":"failed"}`)).
			on("GET {}/jobs/3/trace", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) }).
			on("GET {}/repository/tree", reply(200, `[{"path":`+forgetest.Quote("sub/"+text)+`,"type":"blob","mode":"100644"}]`)).Wire
	}}.Run(t)
}
