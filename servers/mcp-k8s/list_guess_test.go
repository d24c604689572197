package main

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// Nobody finds out by a selector whether a guess of a value that is not shown is right.
func TestListGuess(t *testing.T) {
	api := worldly(t, "x", "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w, labels: {api-token: hunter2}}\nspec: {password: hunter2, mode: fast}\n")
	c := connect(t, api, nil)
	for _, tc := range []struct{ tool, in, path string }{
		{"list_resources", `{"kind":"widgets","field_selector":"spec.password=hunter2"}`, "spec.password"},
		{"list_resources", `{"kind":"widgets","field_selector":"spec.mode=fast,spec.password!=hunter2","output":"count"}`, "spec.password"},
		{"list_resources", `{"kind":"widgets","field_selector":"spec['my.password']=hunter2"}`, "spec['my.password']"},
		{"list_resources", `{"kind":"secrets","field_selector":"data.password=guess"}`, "data.password"},
		{"list_resources", `{"kind":"widgets","label_selector":"api-token=hunter2"}`, "api-token"},
		{"search_resources", `{"kinds":"widgets","label_selector":"api-token notin (hunter2)"}`, "api-token"},
		{"get_logs", `{"label_selector":"api-token=hunter2"}`, "api-token"},
		{"diagnose_workload", `{"label_selector":"api-token=hunter2"}`, "api-token"},
		{"get_usage", `{"label_selector":"api-token=hunter2"}`, "api-token"},
	} {
		has(t, c.MustFail(tc.tool, args("%s", tc.in), kit.PermissionDenied), "the value of "+tc.path+" is not shown")
	}
	for _, request := range api.Asked() {
		if strings.Contains(request, "Selector=") {
			t.Errorf("asked %s", request)
		}
	}
	for in, want := range map[string]string{
		`{"kind":"widgets","field_selector":"spec.mode=fast"}`:                        "w\t",
		`{"kind":"widgets","label_selector":"api-token"}`:                             "w\t",
		`{"kind":"pods","field_selector":"status.phase=Running,spec.nodeName=n1"}`:    "web-2-a",
		`{"kind":"secrets","field_selector":"metadata.name=db,type!=Opaque"}`:         "db",
		`{"kind":"events","field_selector":"reason=BackOff,involvedObject.kind=Pod"}`: "e1",
	} {
		has(t, c.MustText("list_resources", args("%s", in)), want)
	}
}
