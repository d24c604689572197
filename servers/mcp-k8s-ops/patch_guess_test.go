package main

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// TestPatchGuessesNoSecret: op=test says nothing of a value that is not shown.
func TestPatchGuessesNoSecret(t *testing.T) {
	api := newChangeable(t, hidden)
	o, _ := testOps(t, api.API, nil)
	c := kittest.Connect(t, newServer(o))
	for _, tc := range []struct {
		kind, name, path string
		refused          bool
	}{
		{"secret", "db", "/data/note", true},
		{"secret", "db", "/data", true},
		{"secret", "db", "", true},
		{"secret", "db", "x/data/note", true}, // which the API server takes for /data/note
		{"secret", "db", "/metadata/name", false},
		{"deploy", "web", "/spec/template/spec/containers/0/env/0/value", true},
		{"deploy", "web", "/spec/template/spec/containers/1/env/-1/value", true}, // by then it may be there
		{"deploy", "web", "/spec/template/spec/containers", true},
		{"deploy", "web", "/spec/template/spec/containers/0/name", false},
		{"cm", "site", "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration", true},
		{"cm", "site", "/metadata/annotations", true},
		{"cm", "site", "/data/colour", false},
		{"cm", "keys", "/data/token", true},
		{"cm", "keys", "/data/app.env", true},
		{"cm", "keys", "/data/mode", false},
	} {
		api.Asked()
		in := obj{"kind": tc.kind, "name": tc.name, "namespace": "shop", "type": "json", "patch": []obj{
			{"op": "add", "path": "/metadata/labels", "value": obj{}}, {"op": "test", "path": tc.path, "value": "guess", "OP": 5},
		}}
		if !tc.refused {
			c.MustText("patch_resource", in)
			continue
		}
		if text := c.MustFail("patch_resource", in, kit.PermissionDenied); !strings.Contains(text, "is not shown") || !strings.Contains(text, tc.path) {
			t.Errorf("%s: %s", tc.path, text)
		}
		for _, request := range api.Asked() {
			if strings.HasPrefix(request, "PATCH") {
				t.Errorf("%s: asked %s", tc.path, request)
			}
		}
	}
}
