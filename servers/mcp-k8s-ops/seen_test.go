package main

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"sigs.k8s.io/yaml"
)

// TestSeen: between plan and act something is changed. A status is no change of
// what was planned; all that a plan shows, or hangs on, is.
func TestSeen(t *testing.T) {
	site := func(meta, rest string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site, uid: c1, finalizers: [example.org/hold], annotations: {note: x}" + meta + "}\ndata: {note: x}\n" + rest
	}
	patch := obj{"kind": "cm", "name": "site", "patch": `{"data":{"a":"b"}}`}
	remove := obj{"kind": "deploy", "name": "web"}
	scale := obj{"kind": "deploy", "name": "web", "replicas": 0}
	back := obj{"kind": "deploy", "name": "web"}
	drain := obj{"name": "n1", "force": true}
	apply := obj{"manifest": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site}\n"}
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-2-b, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-2, uid: r2, controller: true}]}\nspec: {nodeName: n1, containers: [{name: app, image: 'web:2'}]}\n"
	// deployment is that of shop, with other replicas and status.
	deployment := func(replicas, status string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, uid: d1, generation: 2, resourceVersion: '9', annotations: {note: x}}\nspec: {replicas: " + replicas + ", selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: 'web:2', env: [{name: NOTE, value: x}]}]}}}\nstatus: " + status + "\n"
	}
	for name, tc := range map[string]struct {
		tool   string
		args   obj
		change string
		void   bool
	}{
		"patch: a status write": {"patch_resource", patch, site(", resourceVersion: '8', generation: 4, managedFields: [{manager: c, subresource: status}]", "status: {n: 2}\n"), false},
		"patch: a label":        {"patch_resource", patch, site(", labels: {a: b}", ""), true},
		"patch: last-applied":   {"patch_resource", patch, strings.Replace(site("", ""), "note: x}", "note: x, kubectl.kubernetes.io/last-applied-configuration: y}", 1), true},
		"patch: a finalizer":    {"patch_resource", patch, strings.Replace(site("", ""), "example.org/hold", "example.org/other", 1), true},
		"patch: an owner":       {"patch_resource", patch, site(", ownerReferences: [{apiVersion: v1, kind: X, name: x, uid: x}]", ""), true},
		"patch: in deletion":    {"patch_resource", patch, site(", deletionTimestamp: '2026-11-28T12:00:00Z'", ""), true},
		"patch: made anew":      {"patch_resource", patch, site(", creationTimestamp: '2026-11-28T12:01:00Z'", ""), true},
		"patch: data":           {"patch_resource", patch, strings.Replace(site("", ""), "data: {note: x}", "data: {note: y}", 1), true},

		"apply: a status write":  {"apply_manifest", apply, site(", managedFields: [{manager: c, operation: Update, subresource: status, fieldsV1: {'f:status': {}}}]", ""), false},
		"apply: a status inside": {"apply_manifest", apply, site(", managedFields: [{manager: c, operation: Update, fieldsV1: {'f:status': {'f:n': {}}}}]", ""), false},
		"apply: another owner":   {"apply_manifest", apply, site(", managedFields: [{manager: c, operation: Apply, fieldsV1: {'f:data': {'f:note': {}}}}]", ""), true},

		"delete: a status write":  {"delete_resource", remove, deployment("2", "{availableReplicas: 1}"), false},
		"delete: one more pod":    {"delete_resource", remove, pod, true},
		"scale: a status write":   {"scale_workload", scale, deployment("2", "{availableReplicas: 1}"), false},
		"scale: other replicas":   {"scale_workload", scale, deployment("5", "{}"), true},
		"scale: an autoscaler":    {"scale_workload", scale, "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 9}\n", true},
		"rollback: a status":      {"rollback_workload", back, deployment("2", "{availableReplicas: 1}"), false},
		"rollback: its target":    {"rollback_workload", back, "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web-1, uid: r1, labels: {app: web}, annotations: {deployment.kubernetes.io/revision: '1'}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d1, controller: true}]}\nspec: {replicas: 0, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: 'web:0'}]}}}\n", true},
		"rollback: old pods left": {"rollback_workload", back, "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web-2, uid: r2, labels: {app: web}, annotations: {deployment.kubernetes.io/revision: '2'}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d1, controller: true}]}\nspec: {replicas: 1, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: 'web:2'}]}}}\n", false},

		"drain: a heartbeat":    {"drain_node", drain, "apiVersion: v1\nkind: Node\nmetadata: {name: n1, annotations: {seen: '12:00'}}\nspec: {}\nstatus: {conditions: [{type: Ready, status: 'True'}]}\n", false},
		"drain: a cordon":       {"drain_node", drain, "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nspec: {unschedulable: true}\n", true},
		"drain: one more pod":   {"drain_node", drain, pod, true},
		"drain: one that stays": {"drain_node", drain, "apiVersion: v1\nkind: Pod\nmetadata: {name: net, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: net, uid: s1, controller: true}]}\nspec: {nodeName: n1}\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // a deletion is looked after for two seconds
			api := writable(t, "x")
			o, _ := testOps(t, api, nil)
			c := kittest.Connect(t, newServer(o))
			args := obj{"timeout": "0s"} // of a drain
			if tc.tool != "drain_node" {
				delete(args, "timeout")
			}
			for k, v := range tc.args {
				args[k] = v
			}
			args["confirm"] = tokenIn(t, c.MustText(tc.tool, args))
			var changed obj
			if err := yaml.Unmarshal([]byte(tc.change), &changed); err != nil {
				t.Fatal(err)
			}
			api.Add(t, changed)
			api.Asked()
			if !tc.void {
				c.MustText(tc.tool, args)
				return
			}
			c.MustFail(tc.tool, args, kit.Conflict)
			for _, request := range api.Asked() {
				if !strings.HasPrefix(request, "GET ") && !strings.Contains(request, "dryRun=All") {
					t.Errorf("it asked %s", request)
				}
			}
		})
	}
}
