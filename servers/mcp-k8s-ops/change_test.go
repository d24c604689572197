package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kube/kubetest"
	"sigs.k8s.io/yaml"
)

// TestSameMoment: somebody writes between what the acting call read and its own
// write. A status is written over, anything else is a conflict.
func TestSameMoment(t *testing.T) {
	const at = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site, uid: c1, resourceVersion: '1'}\ndata: {note: x}\n"
	for name, tc := range map[string]struct {
		now  string
		code kit.Code
	}{
		"a status":      {strings.Replace(at, "'1'", "'2', managedFields: [{manager: c, subresource: status}]", 1) + "status: {n: 1}\n", ""},
		"data":          {strings.Replace(strings.Replace(at, "'1'", "'2'", 1), "note: x", "note: y", 1), kit.Conflict},
		"another owner": {strings.Replace(at, "'1'", "'2', managedFields: [{manager: c, operation: Apply, fieldsV1: {'f:data': {}}}]", 1), kit.Conflict},
		"made anew":     {strings.Replace(strings.Replace(at, "'1'", "'2'", 1), "c1", "c2", 1), kit.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			api := writable(t, "x")
			answer, written := api.Hook, 0
			var object obj
			if err := yaml.Unmarshal([]byte(at), &object); err != nil {
				t.Fatal(err)
			}
			api.Add(t, object)
			var now obj
			if err := yaml.Unmarshal([]byte(tc.now), &now); err != nil {
				t.Fatal(err)
			}
			api.Hook = func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPatch && r.URL.Query().Get("dryRun") == "" {
					if written++; written == 1 {
						api.Add(t, now)
						kubetest.Fail(w, http.StatusConflict, "Conflict", "the object has been modified")
						return
					}
				}
				answer(w, r)
			}
			o, _ := testOps(t, api, nil)
			c := kittest.Connect(t, newServer(o))
			args := obj{"kind": "cm", "name": "site", "patch": obj{"data": obj{"a": "b"}}}
			args["confirm"] = tokenIn(t, c.MustText("patch_resource", args))
			if tc.code == "" {
				c.MustText("patch_resource", args)
			} else {
				c.MustFail("patch_resource", args, tc.code)
			}
			if want := map[bool]int{true: 2, false: 1}[tc.code == ""]; written != want {
				t.Errorf("it wrote %d times, want %d", written, want)
			}
		})
	}
}
