package e2e

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/kube"
)

// TestK8sOpsNode cordons and drains the one node that there is.
func TestK8sOpsNode(t *testing.T) {
	w := newOpsWorld(t, "ops-node", testbed.ClientOptions{})
	if w.at.Lacks != "" {
		t.Skip(w.at.Lacks)
	}
	ctx := t.Context()
	binding, err := w.admin.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "mcp-k8s-ops-nodes-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "mcp-k8s-ops-nodes"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: "loom", Name: "mcp-k8s-ops"}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.admin.RbacV1().ClusterRoleBindings().Delete(ctx, binding.Name, metav1.DeleteOptions{})
	nodes, err := w.admin.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 1 {
		t.Fatalf("the nodes are %v (%v)", nodes, err)
	}
	node := nodes.Items[0].Name
	path := "/api/v1/nodes/" + node
	eventually(t, "the right to nodes is there", func() bool {
		return !w.client.Call(opsServer+"__wait_for_condition", `{"kind":"node","name":"`+node+`","for":"ready"}`).IsError()
	})

	eventually(t, "the pods of other tests are gone", func() bool {
		list, err := w.admin.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: "metadata.namespace!=kube-system,metadata.namespace!=local-path-storage"})
		return err == nil && len(list.Items) == 0
	})

	w.changes(t)
	if done := w.call(t, "set_node_schedulable", `{name: `+node+`, schedulable: false}`); string(done.Before) != `{"schedulable":true}` || string(done.After) != `{"schedulable":false}` {
		t.Errorf("cordoned: %s", done.meta)
	}
	w.expect(t, "patch "+path+": 200")
	w.call(t, "set_node_schedulable", `{name: `+node+`, schedulable: true}`)
	w.expect(t, "patch "+path+": 200")

	w.apply("owner", strings.ReplaceAll(opsWeb, "namespace: ops", "namespace: ops-node"))
	w.apply("owner", `apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: ops-node}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: workload, image: `+kube.WorkloadImage+`, imagePullPolicy: Never}]
`)
	eventually(t, "all pods run", func() bool {
		list, err := w.admin.CoreV1().Pods("ops-node").List(ctx, metav1.ListOptions{FieldSelector: "status.phase=Running"})
		return err == nil && len(list.Items) == 3
	})
	plan := w.call(t, "drain_node", `{name: `+node+`}`)
	if plan.Confirm != "" || !strings.Contains(plan.meta, "ops-node/alone: no controller makes it again (force=true)") {
		t.Errorf("a pod without a controller: %s", plan.meta)
	}
	w.expect(t)

	// The budget wants both: nothing of the Deployment may go.
	eventually(t, "the budget knows its pods", func() bool {
		b, err := w.admin.PolicyV1().PodDisruptionBudgets("ops-node").Get(ctx, "web", metav1.GetOptions{})
		return err == nil && b.Status.CurrentHealthy == 2 && b.Status.ObservedGeneration == b.Generation
	})
	args := `{name: ` + node + `, force: true, delete_emptydir: true, timeout: 15s}`
	plan, done := w.confirmedDrain(t, args)
	if !strings.Contains(plan.meta, "web allows no eviction of ops-node/web-") {
		t.Errorf("the plan does not name the budget: %s", plan.meta)
	}
	if !strings.Contains(done.meta, `"evicted":["ops-node/alone"]`) || !strings.Contains(done.meta, "PodDisruptionBudget web allows no eviction now") || done.Confirm == "" {
		t.Errorf("drained: %s", done.meta)
	}
	w.expect(t, "patch "+path+": 200", "create /api/v1/namespaces/ops-node/pods/alone/eviction: 201")

	// The budget gives way, and the same call goes on.
	if err := w.admin.PolicyV1().PodDisruptionBudgets("ops-node").Delete(ctx, "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	done = w.call(t, "drain_node", with(args, "confirm: "+done.Confirm))
	if !strings.Contains(done.meta, `"complete":true`) {
		t.Errorf("drained on: %s", done.meta)
	}
	if got := w.changes(t); len(got) != 2 || !strings.HasSuffix(got[0], "/eviction: 201") {
		t.Errorf("the audit log has %v", got)
	}
	w.call(t, "set_node_schedulable", `{name: `+node+`, schedulable: true}`)
}

// confirmedDrain plans and drains; pods may come and go in between.
func (w *opsWorld) confirmedDrain(t *testing.T, args string) (plan, done opsAnswer) {
	t.Helper()
	plan = w.call(t, "drain_node", args)
	if plan.Confirm == "" {
		t.Fatalf("the plan is %s", plan.meta)
	}
	w.expect(t)
	return plan, w.call(t, "drain_node", with(args, "confirm: "+plan.Confirm))
}
