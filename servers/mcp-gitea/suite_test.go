package main

import (
	"net/http"
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
)

func TestSuite(t *testing.T) {
	forgetest.Said{Program: program, Tokens: 2000, Calls: map[string]any{
		"get_me": map[string]any{}, "list_issues": a("state", "open"), "get_issue": a("number", 1), "list_pull_requests": a("state", "open"),
		"list_workflow_runs": a(), "get_job_logs": a("job_id", 3), "list_files": a("path", "sub"),
	}, Forge: func(t testing.TB, text string) *forgetest.Wire {
		said := forgetest.Quote(text)
		issue := `{"number":1,"title":` + said + `,"body":` + said + `,"state":"open","user":{"login":"ann"}}`
		return newFake(t).on("GET /user", reply(200, `{"login":"ann","full_name":`+said+`}`)).
			on("GET "+repo+"/issues", reply(200, "["+issue+"]")).on("GET "+repo+"/issues/1", reply(200, issue)).
			on("GET "+repo+"/issues/1/comments", reply(200, `[{"id":1,"body":`+said+`}]`)).
			on("GET "+repo+"/pulls", reply(200, "["+issue+"]")).
			on("GET "+repo+"/actions/runs", reply(200, `{"workflow_runs":[{"id":1,"display_title":`+said+`}]}`)).
			on("GET "+repo+"/actions/jobs/3", reply(200, `{"id":3,"name":"test"}`)).
			on("GET "+repo+"/actions/jobs/3/logs", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) }).
			on("GET "+repo+"/contents/sub", reply(200, `[{"path":`+forgetest.Quote("sub/"+text)+`,"type":"file"}]`)).Wire
	}}.Run(t)
}
