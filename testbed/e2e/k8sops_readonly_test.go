package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/kube"
)

// TestK8sOpsReadOnly: with --read-only only waiting is left, and the audit log has
// no request that could change anything, dry runs included.
func TestK8sOpsReadOnly(t *testing.T) {
	w := newOpsWorld(t, "ops-read-only", testbed.ClientOptions{})
	world := newWorld(t, fmt.Sprintf("servers:\n  %s: {from: shipped, client_env: [], env: {KUBECONFIG: %q, LOOM_K8S_OPS_TOOLSETS: all, LOOM_K8S_OPS_READ_ONLY: \"true\"}}\n", opsServer, w.kubeconfig()))
	w.client = world.Connect(testbed.ClientOptions{})
	before, err := kube.Audit(w.at.AuditLog, opsUser)
	if err != nil {
		t.Fatal(err)
	}
	names, _ := w.client.Ask("tools/list", "").Tools()
	var offered []string
	for _, name := range names {
		if strings.HasPrefix(name, opsServer+"__") {
			offered = append(offered, name)
		}
	}
	if len(offered) != 1 || offered[0] != opsServer+"__wait_for_condition" {
		t.Errorf("it offers %v", offered)
	}
	for tool, args := range map[string]string{
		"apply_manifest":  `{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ops-read-only}", dry_run: true}`,
		"delete_resource": `{kind: cm, name: kube-root-ca.crt, namespace: ops-read-only, dry_run: true}`,
		"patch_resource":  `{kind: cm, name: kube-root-ca.crt, namespace: ops-read-only, patch: {data: {a: b}}, dry_run: true}`,
		"scale_workload":  `{kind: deploy, name: a, namespace: ops-read-only, replicas: 0}`,
		"exec_command":    `{name: a, namespace: ops-read-only, command: [x]}`,
		"probe_endpoint":  `{kind: pod, name: a, namespace: ops-read-only, port: "80", method: TCP}`,
		"drain_node":      `{name: a}`,
	} {
		if f := w.client.Call(opsServer+"__"+tool, w.args(t, args)); f.Err() == nil && !f.IsError() {
			t.Errorf("%s is answered: %s", tool, f)
		}
	}
	eventually(t, "the right is there", func() bool {
		return !w.client.Call(opsServer+"__wait_for_condition", `{"kind":"cm","name":"kube-root-ca.crt","namespace":"ops-read-only","for":"ready"}`).IsError()
	})
	after, err := kube.Audit(w.at.AuditLog, opsUser)
	if err != nil || len(after) == len(before) {
		t.Fatalf("the audit log has %d requests, and had %d (%v)", len(after), len(before), err)
	}
	for _, r := range after[len(before):] {
		if r.Mutates() {
			t.Errorf("%s", r)
		}
	}
}
