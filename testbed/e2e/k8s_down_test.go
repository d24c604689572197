package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/loom-core/loom/testbed"
)

// nowhere is an aggregated API that no program serves: that of metrics-server.
const nowhere = `apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {namespace: default, name: loom-nowhere}
`

// down registers that API. It is gone before the namespaces of the test: while it
// is there Kubernetes ends none.
func (l *lab) down() {
	l.t.Helper()
	l.create(nowhere, "")
	any, err := dynamic.NewForConfig(l.admin.config)
	if err != nil {
		l.t.Fatal(err)
	}
	services := any.Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"})
	l.t.Cleanup(func() {
		if err := services.Delete(context.Background(), "v1beta1.metrics.k8s.io", metav1.DeleteOptions{}); err != nil {
			l.t.Error(err)
		}
	})
	eventually(l.t, "the API server knows that it is down", func() bool {
		_, lists, err := l.admin.Discovery().ServerGroupsAndResources()
		return err != nil && strings.Contains(err.Error(), "metrics.k8s.io") && len(lists) > 10
	})
}

// TestK8sDown: without metrics, and with an aggregated API that does not answer,
// every tool still works, and those that miss something say so.
func TestK8sDown(t *testing.T) {
	l := newLab(t, nil)
	ns := l.namespace("k8s-down")
	l.create("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site}\ndata: {a: b}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: none}\nspec: {replicas: 0, selector: {matchLabels: {app: none}}, template: {metadata: {labels: {app: none}}, spec: {containers: [{name: a, image: a}]}}}\n", ns)
	contains(t, l.fails("get_usage", `{"target":"nodes"}`), "ERROR unsupported", "metrics-server is not installed")

	l.down()
	const why = "metrics.k8s.io/v1beta1 does not answer"
	eventually(t, "mcp-k8s has noticed", func() bool {
		f := l.Call("k8s__get_usage", `{"target":"nodes"}`)
		return f.IsError() && strings.Contains(f.Text(), "ERROR unavailable: the metrics of the cluster are down: "+why)
	})
	contains(t, l.fails("get_usage", `{"target":"pods","namespace":%q}`, ns), "kind=apiservices", why)
	contains(t, l.fails("list_resources", `{"kind":"podmetrics"}`), "ERROR invalid_argument", why)
	contains(t, l.text("list_resources", `{"kind":"apiservices","name":"*metrics.k8s.io"}`), "v1beta1.metrics.k8s.io", "False (")
	for tool, args := range map[string]string{
		"list_resources": `"kind":"cm"`, "get_resource": `"kind":"cm","name":"site"`, "describe_resource": `"kind":"deploy","name":"none"`, "diagnose_workload": `"kind":"deploy","name":"none"`,
		"list_events": ``, "get_rollout": `"kind":"deploy","name":"none"`, "get_resource_tree": `"kind":"deploy","name":"none"`, "search_resources": `"name":"site","kinds":["cm"]`,
		"check_access": `"verb":"get","kind":"pods"`,
	} {
		if args != "" {
			args = "," + args
		}
		l.text(tool, `{"namespace":%q%s}`, ns, args)
	}
	contains(t, l.text("explain_resource", `{"kind":"deployment","path":"spec.strategy"}`), "rollingUpdate")
	contains(t, l.text("list_api_resources", `{"filter":"deploy"}`), why, "deployments\tdeploy")
	contains(t, l.text("get_cluster_overview", `{}`), why, "version: ")
	contains(t, l.text("search_resources", `{"name":"site","kinds":["*"],"namespace":%q}`, ns), why, "ConfigMap\tk8s-down\tsite")
}

// TestK8sOpsDown: nor does it keep anybody from acting.
func TestK8sOpsDown(t *testing.T) {
	w := newOpsWorld(t, "ops-down", testbed.ClientOptions{})
	l := newCluster(t)
	l.down()
	const why = "metrics.k8s.io/v1beta1 does not answer"
	apply := `{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site, namespace: ops-down, labels: {app: a}}\ndata: {a: b}\n"%s}`
	w.confirmed(t, "apply_manifest", fmt.Sprintf(apply, ""))
	if plan := w.call(t, "apply_manifest", fmt.Sprintf(apply, ", prune: app=a")); !strings.Contains(strings.Join(plan.Warnings, " "), why) {
		t.Errorf("a prune that cannot see all says %s", plan.meta)
	}
	w.confirmed(t, "patch_resource", `{kind: cm, name: site, namespace: ops-down, patch: {data: {a: c}}}`)
	w.call(t, "update_metadata", `{kind: cm, name: site, namespace: ops-down, labels: {team: pay}}`)
	plan, _ := w.confirmed(t, "delete_resource", `{kind: cm, name: site, namespace: ops-down}`)
	if !strings.Contains(strings.Join(plan.Warnings, " "), why) {
		t.Errorf("a deletion that cannot see all says %s", plan.meta)
	}
	if gone := w.call(t, "wait_for_condition", `{kind: cm, name: site, namespace: ops-down, for: deleted}`); !gone.Met {
		t.Errorf("waiting: %s", gone.meta)
	}
}
