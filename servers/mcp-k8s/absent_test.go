package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

func namespaceYAML(name string) string {
	return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n"
}

// A namespace that does not exist is not told as one that is empty.
func TestAbsent(t *testing.T) {
	api := kubetest.New(t, append(pods(3, "shop"), namespaceYAML("shop"), namespaceYAML("default"), namespaceYAML("empty"))...)
	c := connect(t, api, nil)
	const says = "the namespace shpo does not exist"
	asked := func() (n int) {
		for _, request := range api.Asked() {
			if strings.HasPrefix(request, "GET /api/v1/namespaces?") {
				n++
			}
		}
		return n
	}
	for _, tc := range []struct {
		tool, in string
		code     kit.Code
	}{
		{"list_resources", `"kind":"pods"`, ""},
		{"list_resources", `"kind":"pods","label_selector":"app=web"`, ""},
		{"list_resources", `"kind":"pods","output":"count"`, ""},
		{"list_resources", `"kind":"pods","sort":"name"`, ""},
		{"search_resources", `"name":"web"`, ""},
		{"list_events", `"since":"1h"`, ""},
		{"get_usage", `"target":"pods"`, ""},
		{"get_logs", `"name":"web-0000"`, kit.NotFound},
		{"get_logs", `"owner":"deploy/web"`, kit.NotFound},
		{"get_logs", `"label_selector":"app=web"`, kit.NotFound},
		{"get_resource", `"kind":"deploy","name":"web"`, kit.NotFound},
		{"diagnose_workload", `"label_selector":"app=web"`, kit.NotFound},
		{"diagnose_workload", `"name":"web"`, kit.NotFound},
		{"diagnose_workload", `"kind":"deploy","name":"web"`, kit.NotFound},
	} {
		call := func(namespace string) string {
			in := args(`{"namespace":%q,%s}`, namespace, tc.in)
			if tc.code != "" {
				return c.MustFail(tc.tool, in, tc.code)
			}
			return c.MustText(tc.tool, in)
		}
		asked()
		has(t, call("shpo"), says, "did you mean shop?")
		if n := asked(); n != 1 {
			t.Errorf("%s %s: asked for namespaces %d times", tc.tool, tc.in, n)
		}
		if tc.tool == "diagnose_workload" && strings.Contains(tc.in, "selector") {
			continue // there it is an answer
		}
		hasNot(t, call("empty"), "does not exist")
	}
	asked()
	c.MustText("list_resources", args(`{"kind":"pods","namespace":"shop"}`))
	c.MustText("diagnose_workload", args(`{"namespace":"shop"}`))
	if n := asked(); n != 0 {
		t.Errorf("asked for namespaces %d times for answers that are not empty", n)
	}
	has(t, c.MustText("list_resources", args(`{"kind":"pods","namespace":"xyz"}`)), "the namespace xyz does not exist; list_resources kind=namespaces")
	api.Deny = []string{"list namespaces"} // one alone may still be read
	has(t, c.MustText("list_resources", args(`{"kind":"pods","namespace":"shpo"}`)), says)
	hasNot(t, c.MustText("list_resources", args(`{"kind":"pods","namespace":"empty"}`)), "does not exist")
	api.Deny = []string{"list namespaces", "get namespaces"}
	has(t, c.MustText("list_resources", args(`{"kind":"pods","namespace":"shpo"}`)), "namespace shpo has none")
}

// Of more namespaces than a page has, the one that is meant is asked for.
func TestAbsentAmongMany(t *testing.T) {
	var all []string
	for i := range chunk + 1 {
		all = append(all, namespaceYAML(fmt.Sprintf("n-%04d", i)))
	}
	c := connect(t, kubetest.New(t, append(all, namespaceYAML("default"), namespaceYAML("z-last"))...), nil)
	hasNot(t, c.MustText("list_resources", args(`{"kind":"pods","namespace":"z-last"}`)), "does not exist")
	has(t, c.MustText("list_resources", args(`{"kind":"pods","namespace":"n-00042"}`)), "the namespace n-00042 does not exist", "did you mean n-000")
}
