package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/loom-core/loom/testbed/kube"
)

// prober is mcp-k8s with all rights: what it does not show, it does not want to.
const prober = "system:serviceaccount:loom:prober"

const proberYAML = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: prober, namespace: loom}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: loom-prober}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: prober, namespace: loom}]
`

// newProber is a lab whose server may do everything.
func newProber(t *testing.T) *lab {
	t.Helper()
	l := newCluster(t)
	l.apply("../../deploy/kubernetes/rbac/mcp-k8s.yaml")
	l.create(proberYAML, "")
	t.Cleanup(func() {
		_ = l.admin.RbacV1().ClusterRoleBindings().Delete(context.Background(), "loom-prober", metav1.DeleteOptions{})
	})
	l.open("prober", nil)
	return l
}

// TestK8sSecrets has secrets in all places where people keep them. No tool shows
// one, also to a server that may read everything.
func TestK8sSecrets(t *testing.T) {
	l := newProber(t)
	if l.at.Lacks != "" {
		t.Skip(l.at.Lacks)
	}
	ns := l.namespace("k8s-secrets")
	l.shop(ns)
	calls := map[string][]string{
		"list_resources": {`"kind":"secrets"`, `"kind":"secrets","output":"wide"`, `"kind":"secrets","output":"fields","fields":"data,stringData.password,metadata.annotations"`,
			`"kind":"cm","output":"fields","fields":"data"`, `"kind":"pods","output":"fields","fields":"spec"`, `"kind":"deploy","output":"fields","fields":"metadata.annotations,spec.template.spec.containers"`},
		"search_resources": {`"name":"*","kinds":"*"`, `"image":"*"`},
		"list_events":      {``}, "diagnose_workload": {``, `"kind":"deploy","name":"web"`, `"kind":"pod","name":"printer"`, `"kind":"secret","name":"db"`},
		"get_logs":    {`"name":"printer"`, `"name":"printer","grep":"PASSWORD|GITHUB"`, `"name":"printer","dedupe":true`},
		"get_rollout": {`"kind":"deploy","name":"web"`},
	}
	for _, of := range []string{`"kind":"secret","name":"db"`, `"kind":"cm","name":"settings"`, `"kind":"deploy","name":"web"`, `"kind":"pod","name":"printer"`, `"kind":"svc","name":"web"`} {
		calls["describe_resource"] = append(calls["describe_resource"], of)
		calls["get_resource_tree"] = append(calls["get_resource_tree"], of)
		for _, more := range []string{``, `,"part":"spec"`, `,"part":"metadata"`, `,"fields":"data,stringData,data.password,spec.template.spec.containers.env,metadata.annotations"`} {
			calls["get_resource"] = append(calls["get_resource"], of+more)
		}
	}
	made := 0
	for tool, all := range calls {
		for _, args := range all {
			f := l.Call("k8s__"+tool, `{"namespace":"`+ns+`"`+map[bool]string{true: ",", false: ""}[args != ""]+args+`}`)
			if f.Err() != nil || f.IsError() {
				t.Errorf("%s %s: %s", tool, args, f)
			}
			made++
			for _, canary := range []string{"hunter2", base64.StdEncoding.EncodeToString([]byte("hunter2-in"))[:12], base64.StdEncoding.EncodeToString([]byte("hunter2-note"))[:12], "ghp_a1B2"} {
				if strings.Contains(string(f.Raw), canary) {
					t.Errorf("%s %s shows %q: %s", tool, args, canary, f)
				}
			}
			l.noCredential(f.Raw)
		}
	}
	contains(t, l.text("get_resource", `{"kind":"secret","name":"db","namespace":%q}`, ns), "password: '[redacted: 17 bytes]'", "note: '[redacted: 12 bytes]'")
	contains(t, l.text("describe_resource", `{"kind":"secret","name":"db","namespace":%q}`, ns), "password:  17 bytes")
	contains(t, l.text("get_resource", `{"kind":"cm","name":"settings","namespace":%q}`, ns), "mode: fast", "password: [redacted: 19 bytes]", "[redacted: kubeconfig, ")
	contains(t, l.text("get_logs", `{"name":"printer","namespace":%q}`, ns), "DB_PASSWORD=[redacted: value, 14 characters]", "[redacted: GitHub token")
	t.Logf("%d calls of %d tools showed none", made, len(calls))
}

// noCredential looks for what is in the kubeconfig of the server.
func (l *lab) noCredential(raw []byte) {
	l.t.Helper()
	if strings.Contains(string(raw), "eyJhbGciOi") {
		l.t.Errorf("an answer has a credential of the server: %s", raw)
	}
}

// TestK8sHostile gives names that try to be something else. None reaches another
// object, by the audit log.
func TestK8sHostile(t *testing.T) {
	l := newProber(t)
	ns, canary := l.namespace("k8s-here"), l.namespace("k8s-canary")
	if _, err := l.admin.CoreV1().Secrets(canary).Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "canary"}, StringData: map[string]string{"a": "b"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	before, err := kube.Audit(l.at.AuditLog, prober)
	if err != nil {
		t.Fatal(err)
	}
	hostile := []string{
		"../../" + canary + "/secrets/canary", "x/../../../" + canary + "/secrets/canary", "..%2f..%2f" + canary + "%2fsecrets%2fcanary", "canary?namespace=" + canary, "canary#x",
		"/api/v1/namespaces/" + canary + "/secrets/canary", "--server=http://127.0.0.1:1", "-n" + canary, "x\x00y", "x\ny", "x\u202ey", ".", "..", "a b", `a\b`, "caf\u00e9", "\u200b",
		strings.Repeat("x", 10<<10), strings.Repeat("../", 4<<10), "metadata.name=canary", "canary,metadata.namespace=" + canary, "http://127.0.0.1:1/x", "$(id)", "`id`", "'; id", "log", "exec",
	}
	made := 0
	for tool, fields := range map[string][]string{
		"get_resource": {"name", "namespace", "kind", "names"}, "describe_resource": {"name", "namespace", "kind"}, "list_resources": {"namespace", "kind", "name", "label_selector", "field_selector", "cursor"},
		"get_logs": {"name", "namespace", "container", "owner", "label_selector"}, "diagnose_workload": {"name", "namespace", "kind", "label_selector"}, "list_events": {"for", "namespace", "reason"},
		"get_rollout": {"name", "namespace"}, "get_resource_tree": {"name", "namespace", "kind"}, "search_resources": {"name", "namespace", "kinds", "label_selector", "image"},
		"explain_resource": {"kind", "path"}, "check_access": {"verb", "kind", "name", "namespace"}, "get_usage": {"namespace", "label_selector"}, "list_api_resources": {"filter", "group"},
	} {
		for _, field := range fields {
			for _, value := range hostile {
				args := map[string]any{"namespace": ns}
				switch tool {
				case "get_resource", "describe_resource", "get_resource_tree":
					args["kind"], args["name"] = "secret", "x"
				case "get_rollout":
					args["kind"], args["name"] = "deploy", "x"
				case "list_resources", "explain_resource":
					args["kind"] = "secrets"
				case "diagnose_workload":
					if field != "name" && field != "label_selector" {
						args["kind"], args["name"] = "secret", "x"
					}
				case "check_access":
					args["verb"], args["kind"] = "get", "secrets"
				}
				if tool == "explain_resource" || tool == "list_api_resources" {
					delete(args, "namespace")
				}
				args[field] = value
				raw, err := json.Marshal(args)
				if err != nil {
					t.Fatal(err)
				}
				f := l.Call("k8s__"+tool, string(raw))
				made++
				if f.Err() != nil {
					t.Errorf("%s with %s=%.60q: %.400s", tool, field, value, f)
				}
				if len(f.Raw) > 100<<10 || strings.Contains(string(f.Raw), "panic") || strings.Contains(string(f.Raw), `"code\":\"internal`) {
					t.Errorf("%s with %s=%.60q: %.400s", tool, field, value, f)
				}
			}
		}
	}
	after, err := kube.Audit(l.at.AuditLog, prober)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range after[len(before):] {
		path, _, _ := strings.Cut(r.URI, "?")
		switch {
		case r.Mutates(), r.Namespace == canary, strings.Contains(path, "namespaces/"+canary), strings.Contains(path, "="), strings.Contains(path, ","), strings.Contains(path, ".."), strings.Contains(path, "%"), len(path) > 400, r.Subresource != "" && r.Subresource != "log":
			t.Errorf("%s (%.200s)", r, r.URI)
		}
	}
	t.Logf("%d calls made %d requests, none to what they had no business with", made, len(after)-len(before))
}
