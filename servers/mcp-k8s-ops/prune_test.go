package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// ours marks what apply_manifest applied.
const ours = "managedFields: [{manager: loom, operation: Apply, fieldsType: FieldsV1, fieldsV1: {'f:data': {}}}]"

// before is what a manifest of the application a left, and what it has no part in.
const before = `
apiVersion: v1
kind: ConfigMap
metadata: {name: kept, namespace: shop, labels: {app: a}, ` + ours + `}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: old, namespace: shop, labels: {app: a}, ` + ours + `}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: old, namespace: shop, uid: d1, labels: {app: a}, ` + ours + `}
spec: {replicas: 1}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: old-1, namespace: shop, labels: {app: a}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: old, uid: d1, controller: true}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: by-others, namespace: shop, labels: {app: a}, managedFields: [{manager: kubectl, operation: Apply}, {manager: loom, operation: Update}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: of-an-owner, namespace: shop, labels: {app: a}, ownerReferences: [{apiVersion: v1, kind: X, name: x, uid: x, controller: true}], ` + ours + `}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop, labels: {app: a}, ` + ours + `}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: of-b, namespace: shop, labels: {app: b}, ` + ours + `}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: old, namespace: bank, labels: {app: a}, ` + ours + `}
`

const keptManifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, namespace: shop, labels: {app: a}}\n"

// TestPrune: what goes is in the plan, and no more than that goes.
func TestPrune(t *testing.T) {
	api := newChangeable(t, before)
	patch := api.Hook
	api.Hook = func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch { // an apply that changes nothing
			r.Method = http.MethodGet
			return
		}
		patch(w, r)
	}
	o, _ := testOps(t, api.API, nil)
	c := kittest.Connect(t, newServer(o))
	args := obj{"manifest": keptManifest, "prune": "app=a"}
	plan := c.MustText("apply_manifest", args)
	for _, want := range []string{`{"object":"configmaps shop/old","action":"delete"}`, `{"object":"deployments.apps shop/old","action":"delete","deleted_with_it":["replicasets.apps old-1"]}`, `"object":"configmaps shop/kept","action":"none"`} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan has no %s: %s", want, plan)
		}
	}
	if n := strings.Count(plan, `"action":"delete"`); n != 2 || api.changes() != nil {
		t.Errorf("the plan deletes %d: %s", n, plan)
	}
	token := tokenIn(t, plan)
	c.MustFail("apply_manifest", obj{"manifest": keptManifest, "confirm": token}, kit.ConfirmationRequired) // another call
	args["confirm"] = token
	if done := c.MustText("apply_manifest", args); strings.Count(done, `"action":"deleted"`) != 2 {
		t.Errorf("done: %s", done)
	}
	done := api.changes()
	slices.Sort(done)
	if want := []string{"DELETE /api/v1/namespaces/shop/configmaps/old", "DELETE /apis/apps/v1/namespaces/shop/deployments/old"}; !slices.Equal(done, want) {
		t.Errorf("it did %v, want %v", done, want)
	}

	// One more that would go: nobody has seen it.
	args["confirm"] = tokenIn(t, c.MustText("apply_manifest", obj{"manifest": keptManifest, "prune": "app=a"}))
	api.replace(t, strings.Replace(strings.Replace(keptManifest, "kept", "fresh", 1), "}}", "}, "+ours+"}", 1))
	c.MustFail("apply_manifest", args, kit.Conflict)
	if done := api.changes(); done != nil {
		t.Errorf("it did %v", done)
	}
}

// TestPruneScope: labels that are not those of the manifest take nothing away.
func TestPruneScope(t *testing.T) {
	api := newChangeable(t, before)
	o, _ := testOps(t, api.API, nil)
	c := kittest.Connect(t, newServer(o))
	for prune, want := range map[string]string{"app=b": "has no such labels", "true": "has no such labels", "app in (": "want a label selector", ",": "want a label selector"} {
		if text := c.MustFail("apply_manifest", obj{"manifest": keptManifest, "prune": prune}, kit.InvalidArgument); !strings.Contains(text, want) {
			t.Errorf("prune %s: %s", prune, text)
		}
	}
	for _, none := range []any{"", "false", false} {
		if text := c.MustText("apply_manifest", obj{"manifest": keptManifest, "prune": none}); strings.Contains(text, "delete") {
			t.Errorf("prune %v: %s", none, text)
		}
	}
	var many strings.Builder
	for i := range maxPruned + 1 {
		many.WriteString("---\n" + strings.Replace(strings.Replace(keptManifest, "kept", "many-"+strings.Repeat("x", i+1), 1), "}}", "}, "+ours+"}", 1))
	}
	api.replace(t, strings.TrimPrefix(many.String(), "---\n"))
	c.MustFail("apply_manifest", obj{"manifest": keptManifest, "prune": "app=a"}, kit.TooLarge)
	if done := api.changes(); done != nil {
		t.Errorf("it did %v", done)
	}
}
