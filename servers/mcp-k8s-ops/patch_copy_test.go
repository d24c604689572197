package main

import (
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

const hidden = `
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
data: {note: aHVudGVyMg==}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: site, namespace: shop, annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}}
data: {colour: red}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: keys, namespace: shop}
data: {mode: fast, token: hunter2, app.env: "A=1\nDB_PASSWORD=hunter2\n"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{name: app, env: [{name: DB_PASSWORD, value: hunter2}]}]}}}
`

// TestPatchCopiesNoSecret: a value that is not shown is not taken to a place
// where it would be.
func TestPatchCopiesNoSecret(t *testing.T) {
	o, _ := testOps(t, newChangeable(t, hidden).API, nil)
	c := kittest.Connect(t, newServer(o))
	for _, tc := range []struct {
		kind, name, op, from string
		refused              bool
	}{
		{"secret", "db", "copy", "/data/note", true},
		{"secret", "db", "move", "/data", true},
		{"secret", "db", "COPY", "/data/note", false}, // which the API server refuses
		{"deploy", "web", "copy", "/spec/template/spec/containers/1/env/0/value", true},
		{"cm", "site", "copy", "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration", true},
		{"cm", "site", "move", "/metadata/annotations", true},
		{"cm", "site", "copy", "/data/colour", false},
	} {
		in := obj{"kind": tc.kind, "name": tc.name, "namespace": "shop", "type": "json", "patch": []obj{
			{"op": "add", "path": "/metadata/labels", "value": obj{}}, {"op": tc.op, "from": tc.from, "path": "/metadata/labels/x", "OP": 5}, // of which the API server sees op
		}}
		if tc.refused {
			c.MustFail("patch_resource", in, kit.PermissionDenied)
		} else {
			c.MustText("patch_resource", in)
		}
	}
}
