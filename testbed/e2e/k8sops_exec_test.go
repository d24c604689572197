package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/loom-core/loom/testbed"
)

func opsExec(t *testing.T, w *opsWorld) {
	list, err := w.admin.CoreV1().Pods("ops").List(t.Context(), metav1.ListOptions{LabelSelector: "app=web", FieldSelector: "status.phase=Running"})
	if err != nil || len(list.Items) == 0 {
		t.Fatalf("no pod (%v)", err)
	}
	pod := list.Items[0].Name
	run := func(command, more string) string {
		return fmt.Sprintf(`{name: %s, namespace: ops, command: %s%s}`, pod, command, more)
	}
	w.changes(t)
	if text := w.refused(t, "exec_command", run(`[/workload, echo, hi]`, ""), "permission_denied"); !strings.Contains(text, "pods") {
		t.Errorf("without the right: %s", text)
	}
	w.bind("mcp-k8s-ops-exec")
	eventually(t, "the right to run commands is there", func() bool {
		return !w.client.Call(opsServer+"__exec_command", w.args(t, run(`[/workload, echo, hi]`, ""))).IsError()
	})
	for _, tc := range []struct {
		command, more, body string
		code                int
	}{
		{`[/workload, echo, "hello, there", "$HOME"]`, "", "hello, there $HOME\n", 0},
		{`[/workload, warn, careful]`, "", "--- stderr ---\ncareful\n", 0},
		{`[/workload, cat]`, `, stdin: "from here\n"`, "from here\n", 0},
		{`[/workload, exit, "3"]`, "", "", 3},
	} {
		a := w.call(t, "exec_command", run(tc.command, tc.more))
		if a.ExitCode == nil || *a.ExitCode != tc.code || a.body != tc.body || a.Approved != "not asked" {
			t.Errorf("%s gives %s %q", tc.command, a.meta, a.body)
		}
	}
	env := w.call(t, "exec_command", run(`[/workload, env]`, "")).body
	if !strings.Contains(env, "MODE=test\n") || !strings.Contains(env, "DB_PASSWORD=[redacted: ") {
		t.Errorf("the environment is %q", env)
	}
	kubeconfig, err := json.Marshal("apiVersion: v1\nkind: Config\nusers:\n- name: u\n  user:\n    token: swordfish-exec-token\n    client-key-data: c3dvcmRmaXNoLWtleQ==\n    password: swordfish-exec-password\n")
	if err != nil {
		t.Fatal(err)
	}
	w.call(t, "exec_command", run(`[/workload, cat]`, ", stdin: "+string(kubeconfig)))
	w.silent(t, "swordfish", "c3dvcmRmaXNo")

	w.refused(t, "exec_command", run(`"ls -l /"`, ""), "invalid_argument")
	w.refused(t, "exec_command", run(`[x]`, ", container: nosuch"), "invalid_argument")
	w.refused(t, "exec_command", run(`[x]`, ", stdin: "+strings.Repeat("x", 9000)), "too_large")
	began := time.Now()
	a := w.call(t, "exec_command", run(`[/workload, chat]`, ", timeout: 1s")) // goes on for an hour
	if a.ExitCode != nil || !strings.Contains(a.meta, `"timed_out":true`) || time.Since(began) > 5*time.Second {
		t.Errorf("a command without end gives %s after %s", a.meta, time.Since(began))
	}
}

// TestK8sOpsApproval: the user of a client that can ask is asked, and is obeyed.
func TestK8sOpsApproval(t *testing.T) {
	answer := "decline"
	var asked []string
	w := newOpsWorld(t, "ops-approval", testbed.ClientOptions{
		Capabilities: `{"elicitation":{}}`,
		OnRequest: func(f testbed.Frame) (string, string) {
			asked = append(asked, f.Params())
			return `{"action":"` + answer + `","content":{}}`, ""
		},
	})
	const args = `{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ops-approval}\n"}`
	plan := w.call(t, "apply_manifest", args)
	if len(asked) != 0 {
		t.Errorf("a plan asks %s", asked)
	}
	w.refused(t, "apply_manifest", with(args, "confirm: "+plan.Confirm), "permission_denied")
	w.expect(t)
	answer = "accept"
	done := w.call(t, "apply_manifest", with(args, "confirm: "+plan.Confirm)) // not spent: nothing was done
	if done.Approved != "user" || len(asked) != 2 || !strings.Contains(asked[1], "configmaps ops-approval/a") {
		t.Errorf("approved: %s, asked %s", done.meta, asked)
	}
	w.expect(t, "patch /api/v1/namespaces/ops-approval/configmaps/a: 201")
}
