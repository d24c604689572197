package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

// shop is a little of all that the tools act on. TEXT is what others wrote.
const shop = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, uid: d1, generation: 1, annotations: {note: TEXT}}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "web:2", env: [{name: NOTE, value: TEXT}]}]}}}
status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2, conditions: [{type: Progressing, status: "True", message: TEXT}, {type: Available, status: "False", reason: TEXT}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, uid: r1, labels: {app: web}, annotations: {deployment.kubernetes.io/revision: "1"}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d1, controller: true}]}
spec: {replicas: 0, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "web:1", env: [{name: NOTE, value: TEXT}]}]}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-2, uid: r2, labels: {app: web}, annotations: {deployment.kubernetes.io/revision: "2"}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d1, controller: true}]}
spec: {replicas: 2, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "web:2"}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2-a, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-2, uid: r2, controller: true}]}
spec: {nodeName: n1, containers: [{name: app, image: "web:2"}]}
status: {phase: Running, message: TEXT}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {selector: {matchLabels: {app: web}}}
status: {disruptionsAllowed: 0}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 4}
---
apiVersion: v1
kind: Node
metadata: {name: n1, annotations: {note: TEXT}}
spec: {}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: site, uid: c1, finalizers: [example.org/hold], annotations: {note: TEXT}}
data: {note: TEXT}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, uid: j1}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: app, image: "web:2", env: [{name: NOTE, value: TEXT}]}]}}}}}
`

// writable is an API server that takes every write and keeps none: it answers a
// patch of an object with the object and one annotation more.
func writable(t testing.TB, text string) *kubetest.API {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	api := kubetest.New(t, strings.ReplaceAll(shop, "TEXT", string(quoted)))
	api.Hook = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/proxy/"):
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprintln(w, text)
		case r.Method == http.MethodGet, strings.HasPrefix(r.URL.Path, "/apis/authorization.k8s.io/"):
		case r.Method == http.MethodPost:
			var o obj
			json.NewDecoder(r.Body).Decode(&o)
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(o)
		case r.Method == http.MethodPatch, r.Method == http.MethodPut:
			get, err := http.NewRequestWithContext(r.Context(), http.MethodGet, api.URL+r.URL.Path, nil)
			if err != nil {
				return
			}
			get.Header.Set("Authorization", "Bearer "+kubetest.Token)
			resp, err := api.Client().Do(get)
			if err != nil {
				return
			}
			defer resp.Body.Close()
			var o map[string]any
			if json.NewDecoder(resp.Body).Decode(&o) != nil {
				return
			}
			o["changed"] = text
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(o)
		case r.Method == http.MethodDelete:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Success"}`)
		}
	}
	return api
}

// withoutExec has all tools but the one that no fake can stand in for: a stream
// into a pod. Those of the testbed do.
func withoutExec(t testing.TB, getenv func(string) string) *kit.Server {
	t.Helper()
	o, _ := opsOf(t, getenv)
	s := newServer(o)
	s.Tools = slices.DeleteFunc(s.Tools, func(tool kit.Tool) bool { return tool.Name() == "exec_command" })
	return s
}

var calls = map[string]any{
	"apply_manifest":       obj{"manifest": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site}\n"},
	"patch_resource":       obj{"kind": "cm", "name": "site", "patch": `{"data":{"a":"b"}}`},
	"delete_resource":      obj{"kind": "deploy", "name": "web"},
	"scale_workload":       obj{"kind": "deploy", "name": "web", "replicas": 3, "dry_run": true},
	"restart_workload":     obj{"kind": "deploy", "name": "web"},
	"rollback_workload":    obj{"kind": "deploy", "name": "web"},
	"set_rollout_paused":   obj{"kind": "deploy", "name": "web", "paused": true},
	"set_image":            obj{"kind": "deploy", "name": "web", "container": "app", "image": "web:3"},
	"update_metadata":      obj{"kind": "cm", "name": "site", "annotations": obj{"note": "x"}},
	"set_node_schedulable": obj{"name": "n1", "schedulable": false},
	"drain_node":           obj{"name": "n1"},
	"run_job":              obj{"from_cronjob": "backup", "dry_run": true},
	"probe_endpoint":       obj{"kind": "pod", "name": "web-2-a", "port": "80"},
	"wait_for_condition":   obj{"kind": "deploy", "name": "web", "for": "condition=Progressing"},
}

func TestSuite(t *testing.T) {
	var api *kubetest.API
	kittest.Suite{
		New: func(t testing.TB) *kit.Server {
			api = writable(t, "trouble")
			return withoutExec(t, api.Getenv(t, nil))
		},
		Tokens:       3500,
		Calls:        calls,
		Hung:         func(t testing.TB, url string) *kit.Server { return withoutExec(t, kubetest.Elsewhere(t, url)) },
		Saying:       func(t testing.TB, text string) *kit.Server { return withoutExec(t, writable(t, text).Getenv(t, nil)) },
		SayingIsSlow: true,
		Changes: func() (n int) {
			for _, request := range api.Asked() {
				if !strings.HasPrefix(request, "GET ") && !strings.Contains(request, "/selfsubject") {
					n++
				}
			}
			return n
		},
		Soak: 200,
	}.Run(t)
}
