package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

// world is a little of everything. text is what others wrote, in YAML.
func world(text string) string {
	quoted := fmt.Sprintf("%q", text)
	return strings.ReplaceAll(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, uid: d1, annotations: {note: TEXT}}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "web:2"}]}}}
status: {observedGeneration: 1, replicas: 2, readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1, conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: TEXT}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, uid: r1, labels: {app: web}, annotations: {deployment.kubernetes.io/revision: "1"}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d1, controller: true}]}
spec: {replicas: 0, template: {spec: {containers: [{name: app, image: "web:1"}]}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-2, uid: r2, labels: {app: web}, annotations: {deployment.kubernetes.io/revision: "2", kubernetes.io/change-cause: TEXT}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d1, controller: true}]}
spec: {replicas: 2, template: {spec: {containers: [{name: app, image: "web:2", env: [{name: MODE, value: TEXT}]}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2-a, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-2, uid: r2, controller: true}]}
spec: {nodeName: n1, containers: [{name: app, image: "web:2", resources: {limits: {memory: 64Mi}}}], volumes: [{name: s, configMap: {name: settings}}]}
status:
  phase: Running
  conditions: [{type: Ready, status: "False"}]
  containerStatuses: [{name: app, image: "web:2", restartCount: 4, ready: false, state: {waiting: {reason: CrashLoopBackOff, message: TEXT}}, lastState: {terminated: {exitCode: 1, reason: Error, message: TEXT, finishedAt: "2026-11-28T11:59:00Z"}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: web-2-b, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-2, uid: r2, controller: true}]}
spec: {nodeName: n1, containers: [{name: app, image: "web:2"}]}
status: {phase: Running, conditions: [{type: Ready, status: "True"}], containerStatuses: [{name: app, image: "web:2", ready: true, state: {running: {startedAt: "2026-11-28T11:00:00Z"}}}]}
---
apiVersion: v1
kind: Event
metadata: {name: e1}
involvedObject: {kind: Pod, namespace: default, name: web-2-a}
type: Warning
reason: BackOff
message: TEXT
count: 7
firstTimestamp: "2026-11-28T11:50:00Z"
lastTimestamp: "2026-11-28T11:59:00Z"
---
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {note: TEXT}}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast, note: TEXT}
---
apiVersion: v1
kind: Secret
metadata: {name: db}
data: {password: aHVudGVyMg==}
---
apiVersion: v1
kind: Namespace
metadata: {name: default}
status: {phase: Active}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {allocatable: {cpu: "4", memory: 8Gi}, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: metrics.k8s.io/v1beta1
kind: PodMetrics
metadata: {name: web-2-a}
containers: [{name: app, usage: {cpu: 20m, memory: 48Mi}}]
---
apiVersion: metrics.k8s.io/v1beta1
kind: NodeMetrics
metadata: {name: n1}
usage: {cpu: 400m, memory: 2Gi}
`, "TEXT", quoted)
}

// worldly is an API with that world, and with logs.
func worldly(t testing.TB, text string, more ...string) *kubetest.API {
	api := kubetest.New(t, append([]string{world(text)}, more...)...)
	log := ""
	for i := range 30 {
		log += fmt.Sprintf("2026-11-28T11:59:%02d.000000000Z level=info msg=tick n=%d\n", i, i)
	}
	log += "2026-11-28T11:59:40.000000000Z level=error msg=" + text + "\n"
	api.Logs["default/web-2-a/app"], api.Logs["default/web-2-a/app/previous"], api.Logs["default/web-2-b/app"] = log, log, log
	return api
}

// calls are one of each tool.
var calls = map[string]any{
	"list_resources":       map[string]any{"kind": "pods", "label_selector": "app=web"},
	"get_resource":         map[string]any{"kind": "deploy", "name": "web", "namespace": "default"},
	"describe_resource":    map[string]any{"kind": "cm", "name": "settings"},
	"get_logs":             map[string]any{"owner": "deploy/web", "tail": 20},
	"diagnose_workload":    map[string]any{"kind": "deploy", "name": "web"},
	"list_events":          map[string]any{"type": "Warning", "since": "2h"},
	"get_cluster_overview": map[string]any{},
	"get_rollout":          map[string]any{"kind": "deploy", "name": "web"},
	"get_resource_tree":    map[string]any{"kind": "ingress", "name": "web"},
	"search_resources":     map[string]any{"name": "web"},
	"list_api_resources":   map[string]any{"filter": "deploy"},
	"explain_resource":     map[string]any{"kind": "deploy", "path": "spec", "depth": 2},
	"check_access":         map[string]any{"verb": "list", "kind": "pods"},
	"get_usage":            map[string]any{"target": "containers"},
}

func TestSuite(t *testing.T) {
	var api *kubetest.API
	kittest.Suite{
		New: func(t testing.TB) *kit.Server {
			api = worldly(t, "trouble")
			return serverOf(t, api.Getenv(t, nil))
		},
		Tokens: 3500,
		Calls:  calls,
		Lists: map[string]kittest.List{
			"list_resources":   {Name: "items", Args: map[string]any{"kind": "widgets"}},
			"search_resources": {Name: "hits", Args: map[string]any{"name": "w*", "kinds": "widgets"}},
		},
		Full: func(t testing.TB, n int) *kit.Server {
			var all []string
			for i := range n {
				all = append(all, fmt.Sprintf("apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w%03d}\n", i))
			}
			return serverOf(t, kubetest.New(t, all...).Getenv(t, nil))
		},
		Hung:         func(t testing.TB, url string) *kit.Server { return serverOf(t, kubetest.Elsewhere(t, url)) },
		Saying:       func(t testing.TB, text string) *kit.Server { return serverOf(t, worldly(t, text).Getenv(t, nil)) },
		SayingIsSlow: true,
		Changes: func() (n int) {
			for _, request := range api.Asked() {
				if !strings.HasPrefix(request, "GET ") && !strings.Contains(request, "/selfsubject") {
					n++
				}
			}
			return n
		},
		Soak: 300,
	}.Run(t)
}
