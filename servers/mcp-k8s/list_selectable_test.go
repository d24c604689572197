package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

// A field that cannot be selected by comes with those that can.
func TestListSelectable(t *testing.T) {
	api := worldly(t, "x")
	crd := true
	api.Hook = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.FormValue("fieldSelector") != "":
			kubetest.Fail(w, http.StatusBadRequest, "BadRequest", `Unable to find "x" that match label selector "", field selector "spec.foo=1": field label not supported: spec.foo`)
		case crd && strings.HasSuffix(r.URL.Path, "/customresourcedefinitions/widgets.example.org"):
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","metadata":{"name":"widgets.example.org"},"spec":{"versions":[{"name":"v1beta1","selectableFields":[{"jsonPath":".spec.old"}]},{"name":"v1","selectableFields":[{"jsonPath":".spec.color"},{"jsonPath":".spec.password"}]}]}}`)
		}
	}
	c := connect(t, api, nil)
	for kind, want := range map[string]string{
		"pods":        "field_selector of pods takes metadata.name, metadata.namespace, spec.nodeName, spec.restartPolicy",
		"nodes":       "takes metadata.name, spec.unschedulable; ",
		"deployments": "takes metadata.name, metadata.namespace; ",
		"widgets":     "takes metadata.name, metadata.namespace, spec.color; ",
	} {
		for _, more := range []string{"", `,"output":"count"`} {
			has(t, c.MustFail("list_resources", args(`{"kind":%q,"field_selector":"spec.foo=1"%s}`, kind, more), kit.InvalidArgument), "field label not supported", want)
		}
	}
	crd = false
	has(t, c.MustFail("list_resources", args(`{"kind":"widgets","field_selector":"spec.foo=1"}`), kit.InvalidArgument), "takes metadata.name, metadata.namespace; ")
}
