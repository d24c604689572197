package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

// TestRefused: what an API server says of a wrong object is no trouble of the
// server, and comes with what to do.
func TestRefused(t *testing.T) {
	const unable = "failed to convert new object (shop/db; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: "
	for _, tc := range []struct {
		tool string
		in   obj
		code int
		says obj
		want string
	}{
		{"apply_manifest", obj{"manifest": hidden}, 500, obj{"message": unable + "illegal base64 data at input byte 0"}, "stringData takes text"},
		{"apply_manifest", obj{"manifest": hidden}, 500, obj{"message": unable + "json: cannot unmarshal"}, "explain_resource"},
		{"patch_resource", obj{"kind": "cm", "name": "site", "namespace": "shop", "type": "json", "patch": []obj{{"op": "test", "path": "/x", "value": 1}}}, 422,
			obj{"reason": "Invalid", "message": "the server rejected our request due to an error in our request"}, "a test that says something else"},
	} {
		api := kubetest.New(t, hidden)
		api.Hook = func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				tc.says["kind"], tc.says["apiVersion"], tc.says["status"], tc.says["code"] = "Status", "v1", "Failure", tc.code
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tc.code)
				json.NewEncoder(w).Encode(tc.says)
			}
		}
		o, _ := testOps(t, api, nil)
		if text := kittest.Connect(t, newServer(o)).MustFail(tc.tool, tc.in, kit.InvalidArgument); !strings.Contains(text, tc.want) {
			t.Errorf("%s says %s, want %q", tc.tool, text, tc.want)
		}
	}
}

// TestReplicasRefused: a number that is wrong is not missing too.
func TestReplicasRefused(t *testing.T) {
	o, _ := testOps(t, kubetest.New(t, web), nil)
	text := kittest.Connect(t, newServer(o)).MustFail("scale_workload", obj{"kind": "deploy", "name": "web", "namespace": "shop", "replicas": -1}, kit.InvalidArgument)
	if !strings.HasPrefix(text, "ERROR invalid_argument: argument \"replicas\": -1 is outside of 0 to 10000\n") {
		t.Errorf("it says %s", text)
	}
}

// TestNotThere: an object that is not there is told with where it was looked for.
func TestNotThere(t *testing.T) {
	o, _ := testOps(t, kubetest.New(t, hidden), nil)
	text := kittest.Connect(t, newServer(o)).MustFail("delete_resource", obj{"kind": "cm", "name": "nope", "namespace": "shop"}, kit.NotFound)
	if !strings.Contains(text, "looked for in namespace shop") {
		t.Errorf("it says %s", text)
	}
}

func TestNotStarted(t *testing.T) {
	err := notStarted(target{namespace: "shop", name: "web"}, "app", "env", errors.New(`Internal error occurred: failed to exec in container: OCI runtime exec failed: unable to start container process: exec: "env": executable file not found in $PATH: unknown`))
	if want := `cannot start "env": exec: "env": executable file not found in $PATH`; !strings.Contains(err.Error(), want) || !is(err, kit.FailedPrecondition) {
		t.Errorf("got %v, want %q", err, want)
	}
}
