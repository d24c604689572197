package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/kube"
)

// TestK8sOps calls every tool of mcp-k8s-ops through the whole line, with the
// rights of its manifests and no others. The audit log says what it changed.
func TestK8sOps(t *testing.T) {
	const ns = "ops"
	w := newOpsWorld(t, ns, testbed.ClientOptions{})
	for _, step := range []struct {
		name string
		node bool // needs one
		run  func(t *testing.T, w *opsWorld)
	}{
		{"tools", false, opsTools},
		{"apply", false, opsApply},
		{"prune", false, opsPrune},
		{"patch", false, opsPatch},
		{"metadata", false, opsMetadata},
		{"delete", false, opsDelete},
		{"deployment", true, opsDeployment},
		{"scale", true, opsScale},
		{"image and rollback", true, opsImage},
		{"restart and pause", true, opsRestart},
		{"delete a workload", true, opsDeleteWorkload},
		{"exec", true, opsExec},
		{"job", true, opsJob},
		{"probe", true, opsProbe},
		{"names", false, opsNames},
		{"protected", false, opsProtected},
		{"denied", false, opsDenied},
		{"secrets", false, opsSecrets},
	} {
		ok := t.Run(step.name, func(t *testing.T) {
			if use(t, "kubernetes"); step.node && w.at.Lacks != "" {
				t.Skip(w.at.Lacks)
			}
			step.run(t, w)
		})
		if !ok && step.name == "deployment" {
			t.FailNow() // the others need it
		}
	}
}

func opsTools(t *testing.T, w *opsWorld) {
	names, _ := w.client.Ask("tools/list", "").Tools()
	n := 0
	for _, name := range names {
		if strings.HasPrefix(name, opsServer+"__") {
			n++
		}
	}
	if n != 15 {
		t.Errorf("it has %d tools: %v", n, names)
	}
}

func opsApply(t *testing.T, w *opsWorld) {
	const manifest = `{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site, namespace: ops}\ndata: {colour: %s, size: \"1\"}\n"}`
	plan, _ := w.confirmed(t, "apply_manifest", fmt.Sprintf(manifest, "red"))
	if !strings.Contains(plan.meta, `"action":"create"`) || !strings.Contains(plan.body, "+  colour: red\n") {
		t.Errorf("the plan is %s\n%s", plan.meta, plan.body)
	}
	w.expect(t, "patch /api/v1/namespaces/ops/configmaps/site: 201")
	if again := w.call(t, "apply_manifest", fmt.Sprintf(manifest, "red")); again.Changed || again.Confirm != "" {
		t.Errorf("the same again: %s", again.meta)
	}

	// somebody else owns a field
	w.apply("painter", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site, namespace: ops}\ndata: {colour: green}\n")
	blue := fmt.Sprintf(manifest, "blue")
	conflict := w.call(t, "apply_manifest", blue)
	if conflict.Confirm != "" || !strings.Contains(conflict.meta, `.data.colour: conflict with \"painter\"`) || !strings.Contains(conflict.body, "-  colour: green\n+  colour: blue\n") {
		t.Errorf("a conflict gives %s\n%s", conflict.meta, conflict.body)
	}
	w.expect(t)
	w.confirmed(t, "apply_manifest", with(blue, "force_conflicts: true"))
	w.expect(t, "patch /api/v1/namespaces/ops/configmaps/site: 200")

	// several at once, a name that is wrong, a field that is twice or unknown
	many := `{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: ops}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: two, namespace: ops}\n"}`
	w.confirmed(t, "apply_manifest", many)
	w.expect(t, "patch /api/v1/namespaces/ops/configmaps/one: 201", "patch /api/v1/namespaces/ops/serviceaccounts/two: 201")
	for args, want := range map[string]string{
		`{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ../x, namespace: ops}"}`:                    "cannot be a name",
		`{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ops}\ndata: {a: b, a: c}"}`:   "already set",
		`{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ops}\ndate: {a: b}"}`:         "date",
		`{manifest: "apiVersion: v1\nkind: Confgmap\nmetadata: {name: x, namespace: ops}"}`:                        "configmaps",
		`{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: '[redacted: 7 bytes]'}"}`:     "placeholder",
		`{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ops}", namespace: default}`:   "namespace",
		`{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x, namespace: ops}"}`:               "generateName",
		`{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ops}", confirm: bm9uc2Vuc2U}`: "",
		`{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: ops}\n", dry_run: false}`:     "needs the confirm",
		`{manifest: "", dry_run: true}`: "no object",
	} {
		code := "invalid_argument"
		if strings.Contains(args, "confirm") || strings.Contains(args, "dry_run: false") {
			code = "confirmation_required"
		}
		if text := w.refused(t, "apply_manifest", args, code); !strings.Contains(text, want) {
			t.Errorf("%s: %s, want %q", args, text, want)
		}
	}
	w.expect(t)
}

// opsPrune: what a manifest had and has no more goes, and nothing that others made.
func opsPrune(t *testing.T, w *opsWorld) {
	one := func(name string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + ", namespace: ops, labels: {set: old}}\n"
	}
	apply := func(manifest string) string {
		raw, err := json.Marshal(manifest)
		if err != nil {
			t.Fatal(err)
		}
		return `{manifest: ` + string(raw) + `, prune: set=old}`
	}
	w.apply("owner", one("theirs"))
	w.confirmed(t, "apply_manifest", apply(one("stays")+"---\n"+one("goes")))
	w.changes(t)
	plan, done := w.confirmed(t, "apply_manifest", apply(one("stays")))
	if strings.Count(plan.meta, `"action":"delete"`) != 1 || !strings.Contains(plan.meta, `{"object":"configmaps ops/goes","action":"delete"}`) || !strings.Contains(done.meta, `"action":"deleted"`) {
		t.Errorf("planned %s, done %s", plan.meta, done.meta)
	}
	w.expect(t, "delete /api/v1/namespaces/ops/configmaps/goes: 200")
	w.refused(t, "apply_manifest", with(`{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stays, namespace: ops}"}`, "prune: set=old"), "invalid_argument")
	w.expect(t)
}

func opsPatch(t *testing.T, w *opsWorld) {
	const at = `{kind: cm, name: site, namespace: ops, patch: {data: {size: "2"}}}`
	plan, _ := w.confirmed(t, "patch_resource", at)
	if !strings.Contains(plan.body, "-  size: \"1\"\n+  size: \"2\"\n") {
		t.Errorf("the plan is %s", plan.body)
	}
	w.expect(t, "patch /api/v1/namespaces/ops/configmaps/site: 200")
	w.confirmed(t, "patch_resource", `{kind: cm, name: site, namespace: ops, type: json, patch: [{op: replace, path: /data/size, value: "3"}]}`)
	w.expect(t, "patch /api/v1/namespaces/ops/configmaps/site: 200")
	w.refused(t, "patch_resource", `{kind: cm, name: site, namespace: ops, type: json, patch: [{op: test, path: /data/size, value: "9"}]}`, "invalid_argument")
	w.refused(t, "patch_resource", `{kind: cm, name: nosuch, namespace: ops, patch: {data: {size: "2"}}}`, "not_found")

	// The token of a plan: not for another object, other arguments or another
	// tool, not after a change, and once.
	plan = w.call(t, "patch_resource", with(at, "dry_run: true"))
	token := "confirm: " + plan.Confirm
	w.refused(t, "patch_resource", `{kind: cm, name: one, namespace: ops, patch: {data: {size: "2"}}, `+token+`}`, "confirmation_required")
	w.refused(t, "patch_resource", `{kind: cm, name: site, namespace: ops, patch: {data: {size: "7"}}, `+token+`}`, "confirmation_required")
	w.refused(t, "delete_resource", `{kind: cm, name: site, namespace: ops, `+token+`}`, "confirmation_required")
	w.expect(t)
	w.adminPatch(t, "/api/v1", "configmaps", "site", `{"data":{"other":"x"}}`)
	w.refused(t, "patch_resource", with(at, token), "conflict")
	w.expect(t)
	_, done := w.confirmed(t, "patch_resource", at)
	if !done.Changed {
		t.Errorf("done: %s", done.meta)
	}
	w.changes(t)
	plan = w.call(t, "patch_resource", `{kind: cm, name: site, namespace: ops, patch: {data: {size: "8"}}}`)
	w.call(t, "patch_resource", `{kind: cm, name: site, namespace: ops, patch: {data: {size: "8"}}, confirm: `+plan.Confirm+`}`)
	w.adminPatch(t, "/api/v1", "configmaps", "site", `{"data":{"size":"1"}}`)
	w.expect(t, "patch /api/v1/namespaces/ops/configmaps/site: 200")
	if text := w.refused(t, "patch_resource", `{kind: cm, name: site, namespace: ops, patch: {data: {size: "8"}}, confirm: `+plan.Confirm+`}`, "conflict"); !strings.Contains(text, "plan") {
		t.Errorf("a token that was used: %s", text)
	}
	w.expect(t)
}

// adminPatch changes an object behind the back of mcp-k8s-ops.
func (w *opsWorld) adminPatch(t *testing.T, root, resource, name, patch string) {
	t.Helper()
	path := root + "/namespaces/" + w.namespace + "/" + resource + "/" + name
	err := w.admin.CoreV1().RESTClient().Patch(types.MergePatchType).AbsPath(path).Body([]byte(patch)).Do(t.Context()).Error()
	if err != nil {
		t.Fatal(err)
	}
}

func opsMetadata(t *testing.T, w *opsWorld) {
	w.changes(t)
	rehearsed := w.call(t, "update_metadata", `{kind: cm, name: site, namespace: ops, labels: {team: pay}, dry_run: true}`)
	w.expect(t)
	done := w.call(t, "update_metadata", `{kind: cm, name: site, namespace: ops, labels: {team: pay}, annotations: {note: hello}}`)
	if !rehearsed.Changed || string(done.Before) != `{"labels":{"team":null},"annotations":{"note":null}}` || string(done.After) != `{"labels":{"team":"pay"},"annotations":{"note":"hello"}}` {
		t.Errorf("before %s, after %s", done.Before, done.After)
	}
	done = w.call(t, "update_metadata", `{kind: cm, name: site, namespace: ops, labels: {team: null}}`)
	if string(done.After) != `{"labels":{"team":null}}` {
		t.Errorf("after %s", done.After)
	}
	w.expect(t, "patch /api/v1/namespaces/ops/configmaps/site: 200", "patch /api/v1/namespaces/ops/configmaps/site: 200")
}

func opsDelete(t *testing.T, w *opsWorld) {
	_, done := w.confirmed(t, "delete_resource", `{kind: cm, name: one, namespace: ops}`)
	if !strings.Contains(done.meta, `"now":"gone"`) {
		t.Errorf("done: %s", done.meta)
	}
	w.expect(t, "delete /api/v1/namespaces/ops/configmaps/one: 200")
	if gone := w.call(t, "wait_for_condition", `{kind: cm, name: one, namespace: ops, for: deleted}`); !gone.Met {
		t.Errorf("waiting: %s", gone.meta)
	}

	// a finalizer that nobody serves
	w.apply("owner", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stuck, namespace: ops, finalizers: [loom.test/hold]}\n")
	plan, done := w.confirmed(t, "delete_resource", `{kind: cm, name: stuck, namespace: ops}`)
	if !strings.Contains(plan.meta, "loom.test/hold") || !strings.Contains(done.meta, "waits for finalizers: loom.test/hold") {
		t.Errorf("a finalizer: %s\n%s", plan.meta, done.meta)
	}
	stuck := w.call(t, "wait_for_condition", `{kind: cm, name: stuck, namespace: ops, for: deleted, timeout: 1s}`)
	if stuck.Met || !strings.Contains(stuck.State, "loom.test/hold") {
		t.Errorf("waiting: %s", stuck.meta)
	}
	again := w.call(t, "delete_resource", `{kind: cm, name: stuck, namespace: ops}`)
	if !strings.Contains(strings.Join(again.Warnings, " "), "has been in deletion since") {
		t.Errorf("again: %s", again.meta)
	}
	w.changes(t)
	w.confirmed(t, "patch_resource", `{kind: cm, name: stuck, namespace: ops, patch: {metadata: {finalizers: null}}}`)
	if gone := w.call(t, "wait_for_condition", `{kind: cm, name: stuck, namespace: ops, for: deleted}`); !gone.Met {
		t.Errorf("waiting: %s", gone.meta)
	}
	w.refused(t, "delete_resource", `{kind: cm, namespace: ops}`, "invalid_argument")
	w.refused(t, "delete_resource", `{kind: cm, names: [a, b, c, d, e, f, g, h, i, j, k], namespace: ops}`, "invalid_argument")
}

const opsWeb = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ops}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: workload
        image: ` + kube.WorkloadImage + `
        imagePullPolicy: Never
        env: [{name: MODE, value: test}, {name: DB_PASSWORD, value: swordfish-in-env}]
        ports: [{containerPort: 8080, name: http}]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: ops}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: ops}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
`

func opsDeployment(t *testing.T, w *opsWorld) {
	raw, err := json.Marshal(opsWeb)
	if err != nil {
		t.Fatal(err)
	}
	w.confirmed(t, "apply_manifest", fmt.Sprintf(`{manifest: %s}`, raw))
	w.expect(t, "patch /apis/apps/v1/namespaces/ops/deployments/web: 201", "patch /api/v1/namespaces/ops/services/web: 201", "patch /apis/policy/v1/namespaces/ops/poddisruptionbudgets/web: 201")
	w.rolledOut(t)
}

func (w *opsWorld) rolledOut(t *testing.T) {
	t.Helper()
	eventually(t, "the rollout is done", func() bool {
		a := w.call(t, "wait_for_condition", `{kind: deploy, name: web, namespace: ops, for: rollout, timeout: 5s}`)
		return a.Met
	})
}

func opsScale(t *testing.T, w *opsWorld) {
	w.changes(t)
	rehearsed := w.call(t, "scale_workload", `{kind: deploy, name: web, namespace: ops, replicas: 3, dry_run: true}`)
	if !rehearsed.DryRun || rehearsed.Confirm != "" {
		t.Errorf("a dry run: %s", rehearsed.meta)
	}
	w.expect(t)
	done := w.call(t, "scale_workload", `{kind: deploy, name: web, namespace: ops, replicas: 3, current_replicas: 2}`)
	if !strings.Contains(string(done.Before), `"replicas":2`) || !strings.Contains(string(done.After), `"replicas":3`) {
		t.Errorf("scaled: %s", done.meta)
	}
	w.expect(t, "update /apis/apps/v1/namespaces/ops/deployments/web/scale: 200")
	w.refused(t, "scale_workload", `{kind: deploy, name: web, namespace: ops, replicas: 4, current_replicas: 2}`, "conflict")
	w.refused(t, "scale_workload", `{kind: cm, name: site, namespace: ops, replicas: 4}`, "unsupported")

	w.apply("owner", `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: ops}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 4, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}
`)
	done = w.call(t, "scale_workload", `{kind: deploy, name: web, namespace: ops, replicas: 2}`)
	if !strings.Contains(strings.Join(done.Warnings, " "), "HorizontalPodAutoscaler web owns the replicas (2 to 4)") {
		t.Errorf("no word of the autoscaler: %s", done.meta)
	}
	if err := w.admin.AutoscalingV2().HorizontalPodAutoscalers("ops").Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.rolledOut(t)
	w.changes(t)
	plan := w.call(t, "scale_workload", `{kind: deploy, name: web, namespace: ops, replicas: 0}`)
	if !plan.DryRun || plan.Confirm == "" {
		t.Errorf("to 0: %s", plan.meta)
	}
	w.refused(t, "scale_workload", `{kind: deploy, name: web, namespace: ops, replicas: 0, dry_run: false}`, "confirmation_required")
	w.expect(t)
}

func opsImage(t *testing.T, w *opsWorld) {
	const set = `{kind: deploy, name: web, namespace: ops, container: workload, image: "loom.test/nosuch:1"}`
	w.changes(t)
	rehearsed := w.call(t, "set_image", with(set, "dry_run: true"))
	if !strings.Contains(rehearsed.body, "+        image: loom.test/nosuch:1\n") {
		t.Errorf("a dry run: %s", rehearsed.body)
	}
	w.expect(t)
	if done := w.call(t, "set_image", set); !strings.Contains(string(done.Before), kube.WorkloadImage) || !strings.Contains(string(done.After), "nosuch:1") {
		t.Errorf("set: %s", done.meta)
	}
	w.expect(t, "patch /apis/apps/v1/namespaces/ops/deployments/web: 200")
	if text := w.refused(t, "set_image", `{kind: deploy, name: web, namespace: ops, container: wrkload, image: x}`, "invalid_argument"); !strings.Contains(text, "its containers are workload") {
		t.Errorf("a wrong container: %s", text)
	}
	if a := w.call(t, "wait_for_condition", `{kind: deploy, name: web, namespace: ops, for: rollout, timeout: 2s}`); a.Met || a.State == "" {
		t.Errorf("a rollout that cannot be done: %s", a.meta)
	}
	// The Deployment's status moves while the rollout is tried: that is no change.
	plan := w.call(t, "rollback_workload", `{kind: deploy, name: web, namespace: ops}`)
	if !strings.Contains(plan.body, "-        image: loom.test/nosuch:1\n+        image: "+kube.WorkloadImage+"\n") || !strings.Contains(plan.meta, `"revision":1`) {
		t.Fatalf("the plan is %s\n%s", plan.meta, plan.body)
	}
	w.adminPatch(t, "/apis/apps/v1", "deployments", "web/status", `{"status":{"conditions":[{"type":"Loom","status":"True"}]}}`)
	w.call(t, "rollback_workload", `{kind: deploy, name: web, namespace: ops, confirm: `+plan.Confirm+`}`)
	w.expect(t, "patch /apis/apps/v1/namespaces/ops/deployments/web: 200")
	w.rolledOut(t)
	d, err := w.admin.AppsV1().Deployments("ops").Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c := d.Spec.Template.Spec.Containers[0]; c.Image != kube.WorkloadImage || c.Env[1].Value != "swordfish-in-env" {
		t.Errorf("rolled back to %+v", c)
	}
	w.refused(t, "rollback_workload", `{kind: deploy, name: web, namespace: ops, to_revision: 99}`, "not_found")
}

func opsRestart(t *testing.T, w *opsWorld) {
	w.changes(t)
	w.call(t, "restart_workload", `{kind: deploy, name: web, namespace: ops, dry_run: true}`)
	w.expect(t)
	if done := w.call(t, "restart_workload", `{kind: deploy, name: web, namespace: ops}`); !done.Changed || !strings.Contains(string(done.After), "restarted_at") {
		t.Errorf("restarted: %s", done.meta)
	}
	w.expect(t, "patch /apis/apps/v1/namespaces/ops/deployments/web: 200")
	w.rolledOut(t)
	if done := w.call(t, "set_rollout_paused", `{kind: deploy, name: web, namespace: ops, paused: true}`); !strings.Contains(string(done.Before), `"paused":false`) || !strings.Contains(string(done.After), `"paused":true`) {
		t.Errorf("paused: %s", done.meta)
	}
	w.refused(t, "restart_workload", `{kind: deploy, name: web, namespace: ops}`, "failed_precondition")
	w.refused(t, "set_rollout_paused", `{kind: cm, name: site, namespace: ops, paused: true}`, "unsupported")
	w.call(t, "set_rollout_paused", `{kind: deploy, name: web, namespace: ops, paused: false}`)
	w.rolledOut(t)
}

func opsDeleteWorkload(t *testing.T, w *opsWorld) {
	plan := w.call(t, "delete_resource", `{kind: deploy, name: web, namespace: ops}`)
	for _, want := range []string{"replicasets.apps web-", "pods web-", "PodDisruptionBudget web allows no disruption now"} {
		if !strings.Contains(plan.meta, want) {
			t.Errorf("the plan has no %q: %s", want, plan.meta)
		}
	}
	if plan = w.call(t, "delete_resource", `{kind: deploy, name: web, namespace: ops, propagation: orphan}`); !strings.Contains(plan.meta, "left_without_owner") {
		t.Errorf("orphans: %s", plan.meta)
	}
}

func opsJob(t *testing.T, w *opsWorld) {
	w.apply("owner", `apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: ops}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers: [{name: workload, image: `+kube.WorkloadImage+`, imagePullPolicy: Never, args: [echo, done], env: [{name: API_TOKEN, value: swordfish-in-job}]}]
`)
	w.changes(t)
	rehearsed := w.call(t, "run_job", `{from_cronjob: backup, namespace: ops, name: try, dry_run: true}`)
	if !strings.Contains(rehearsed.body, "+kind: Job\n") {
		t.Errorf("a dry run: %s", rehearsed.body)
	}
	w.expect(t)
	done := w.call(t, "run_job", `{from_cronjob: backup, namespace: ops, name: now}`)
	w.expect(t, "create /apis/batch/v1/namespaces/ops/jobs: 201")
	if done.Next != "wait_for_condition kind=jobs.batch name=now namespace=ops for=condition=Complete" {
		t.Errorf("next: %s", done.Next)
	}
	eventually(t, "the Job is complete", func() bool {
		return w.call(t, "wait_for_condition", `{kind: job, name: now, namespace: ops, for: condition=Complete, timeout: 5s}`).Met
	})
	j, err := w.admin.BatchV1().Jobs("ops").Get(t.Context(), "now", metav1.GetOptions{})
	if err != nil || j.Spec.Template.Spec.Containers[0].Env[0].Value != "swordfish-in-job" || len(j.OwnerReferences) != 1 {
		t.Errorf("the Job is %+v (%v)", j, err)
	}
	failing := `{manifest: {apiVersion: batch/v1, kind: Job, metadata: {generateName: fails-}, spec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, containers: [{name: w, image: "` + kube.WorkloadImage + `", imagePullPolicy: Never, args: [exit, "3"]}]}}}}, namespace: ops, name: fails}`
	w.call(t, "run_job", failing)
	eventually(t, "the Job has failed", func() bool {
		return w.call(t, "wait_for_condition", `{kind: job, name: fails, namespace: ops, for: ready, timeout: 5s}`).Failed
	})
	w.refused(t, "run_job", failing, "conflict")
	w.refused(t, "run_job", `{from_cronjob: nosuch, namespace: ops}`, "not_found")
	w.refused(t, "run_job", `{namespace: ops}`, "invalid_argument")
}

func opsProbe(t *testing.T, w *opsWorld) {
	pods, err := w.admin.CoreV1().Pods("ops").List(t.Context(), metav1.ListOptions{LabelSelector: "app=web", FieldSelector: "status.phase=Running"})
	if err != nil || len(pods.Items) == 0 {
		t.Fatalf("no pod (%v)", err)
	}
	pod := pods.Items[0].Name
	a := w.call(t, "probe_endpoint", `{kind: pod, name: `+pod+`, namespace: ops, port: 8080, path: /some/where}`)
	if !a.Reachable || a.Status != 200 || a.body != "workload "+pod+" /some/where\n" {
		t.Errorf("a pod: %s %q", a.meta, a.body)
	}
	if a = w.call(t, "probe_endpoint", `{kind: svc, name: web, namespace: ops, port: http, method: HEAD}`); !a.Reachable || a.Status != 200 || a.body != "" {
		t.Errorf("a Service: %s %q", a.meta, a.body)
	}
	if a = w.call(t, "probe_endpoint", `{kind: pod, name: `+pod+`, namespace: ops, port: "9"}`); a.Reachable || !strings.Contains(a.Why, "refused") {
		t.Errorf("a port that nobody listens on: %s", a.meta)
	}
	opsProbeTCP(t, w, pod)
	w.refused(t, "probe_endpoint", `{kind: svc, name: nosuch, namespace: ops, port: "80"}`, "not_found")
	for _, path := range []string{"/../../../../../../api/v1/namespaces/ops/configmaps/site", "/%2e%2e/x", "//host/x", "http://host/", "/a%2fb", "/x\r\nHost: y"} {
		raw, _ := json.Marshal(path)
		w.refused(t, "probe_endpoint", `{kind: pod, name: `+pod+`, namespace: ops, port: "8080", path: `+string(raw)+`}`, "invalid_argument")
	}
}

// opsProbeTCP connects, and tells a port that waits from one that speaks and one
// that refuses.
func opsProbeTCP(t *testing.T, w *opsWorld, pod string) {
	greeting := `{kind: pod, name: ` + pod + `, namespace: ops, port: "8081", method: TCP}`
	if text := w.refused(t, "probe_endpoint", greeting, "permission_denied"); !strings.Contains(text, "forward a port of pods") {
		t.Errorf("without the right: %s", text)
	}
	w.bind("mcp-k8s-ops-tcp")
	eventually(t, "the right to forward ports is there", func() bool {
		return !w.client.Call(opsServer+"__probe_endpoint", w.args(t, greeting)).IsError()
	})
	for _, tc := range []struct {
		args, why, body string
		reachable       bool
	}{
		{greeting, "", "220 workload is ready\n", true},
		{`{kind: svc, name: web, namespace: ops, port: http, method: TCP, timeout: 3s}`, "waits to be spoken to", "", true},
		{`{kind: pod, name: ` + pod + `, namespace: ops, port: http, method: TCP, timeout: 3s}`, "waits to be spoken to", "", true},
		{`{kind: pod, name: ` + pod + `, namespace: ops, port: "9", method: TCP}`, "refused", "", false},
	} {
		a := w.call(t, "probe_endpoint", tc.args)
		if a.Reachable != tc.reachable || !strings.Contains(a.Why, tc.why) || a.body != tc.body {
			t.Errorf("%s: %s %q", tc.args, a.meta, a.body)
		}
	}
	w.refused(t, "probe_endpoint", `{kind: svc, name: web, namespace: ops, port: "81", method: TCP}`, "invalid_argument")
	w.changes(t) // a forwarded port counts as one
}

// opsNames: no name reaches another object or another place of the API.
func opsNames(t *testing.T, w *opsWorld) {
	w.changes(t)
	before, err := kube.Audit(w.at.AuditLog, opsUser)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../site", "site/../one", "site?dryRun=All", "--all", "site%2f..", "a\x00b", "a\nb", "ｓite", strings.Repeat("a", 10_000), "", " ", ".", ".."} {
		raw, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range []string{`{kind: cm, name: %s, namespace: ops}`, `{kind: cm, name: site, namespace: %s}`} {
			if strings.TrimSpace(name) == "" && strings.Contains(args, "name: site") {
				continue // no namespace is the default one
			}
			w.refused(t, "delete_resource", fmt.Sprintf(args, raw), "invalid_argument")
		}
		w.refused(t, "scale_workload", fmt.Sprintf(`{kind: deploy, name: %s, namespace: ops, replicas: 1}`, raw), "invalid_argument")
		w.refused(t, "exec_command", fmt.Sprintf(`{name: %s, namespace: ops, command: [x]}`, raw), "invalid_argument")
	}
	after, err := kube.Audit(w.at.AuditLog, opsUser)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range after[len(before):] {
		if r.Name != "" || r.Mutates() {
			t.Errorf("a name reached the API server: %s", r)
		}
	}
}

func opsProtected(t *testing.T, w *opsWorld) {
	w.changes(t)
	for tool, args := range map[string]string{
		"delete_resource": `{kind: cm, name: x, namespace: kube-system}`,
		"apply_manifest":  `{manifest: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: kube-public}"}`,
		"exec_command":    `{name: x, namespace: kube-system, command: [x]}`,
		"run_job":         `{from_cronjob: x, namespace: kube-node-lease}`,
		"scale_workload":  `{kind: deploy, name: x, namespace: kube-system, replicas: 1}`,
	} {
		if text := w.refused(t, tool, args, "permission_denied"); !strings.Contains(text, "is protected") {
			t.Errorf("%s: %s", tool, text)
		}
	}
	if text := w.refused(t, "delete_resource", `{kind: ns, name: kube-system}`, "permission_denied"); !strings.Contains(text, "is protected") {
		t.Errorf("the namespace itself: %s", text)
	}
	w.expect(t)
}

func opsDenied(t *testing.T, w *opsWorld) {
	text := w.refused(t, "delete_resource", `{kind: cm, name: kube-root-ca.crt, namespace: default}`, "permission_denied")
	for _, want := range []string{`get configmaps "kube-root-ca.crt" in namespace "default"`, "SelfSubjectAccessReview says no"} {
		if !strings.Contains(text, want) {
			t.Errorf("a denial has no %q: %s", want, text)
		}
	}
	w.refused(t, "apply_manifest", `{manifest: "apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: ops}"}`, "permission_denied")
	w.refused(t, "drain_node", `{name: x}`, "permission_denied")
	w.expect(t)
}

// opsSecrets: values that are secret are in no answer, wherever they stand.
func opsSecrets(t *testing.T, w *opsWorld) {
	w.allow("secrets", "get", "list", "create", "patch", "delete")
	secret := func(value string) string {
		return `{manifest: {apiVersion: v1, kind: Secret, metadata: {name: db, namespace: ops}, stringData: {login: ` + value + `, user: app}}}`
	}
	eventually(t, "the right to Secrets is there", func() bool {
		return !w.client.Call(opsServer+"__apply_manifest", w.args(t, secret("swordfish-one"))).IsError()
	})
	w.confirmed(t, "apply_manifest", secret("swordfish-one"))
	plan, _ := w.confirmed(t, "apply_manifest", secret("swordfish-two"))
	if !strings.Contains(plan.body, "(old value)") || !strings.Contains(plan.body, "(new value)") {
		t.Errorf("that a value changes is not shown: %s", plan.body)
	}
	w.confirmed(t, "patch_resource", `{kind: secret, name: db, namespace: ops, patch: {stringData: {login: swordfish-three}}}`)
	w.apply("owner", `apiVersion: v1
kind: ConfigMap
metadata:
  name: leaky
  namespace: ops
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"kind":"Secret","data":{"login":"swordfish-applied"}}'}
data:
  config: |
    apiVersion: v1
    kind: Config
    current-context: x
    clusters: [{name: c, cluster: {server: "https://x"}}]
    users: [{name: u, user: {token: swordfish-kubeconfig}}]
  app.properties: |
    db.password=swordfish-property
`)
	w.confirmed(t, "patch_resource", `{kind: cm, name: leaky, namespace: ops, patch: {data: {more: x}}}`)
	w.call(t, "update_metadata", `{kind: cm, name: leaky, namespace: ops, annotations: {kubectl.kubernetes.io/last-applied-configuration: null}, dry_run: true}`)
	w.call(t, "delete_resource", `{kind: secret, name: db, namespace: ops}`)
	got, err := w.admin.CoreV1().Secrets("ops").Get(t.Context(), "db", metav1.GetOptions{})
	if err != nil || string(got.Data["login"]) != "swordfish-three" || string(got.Data["user"]) != "app" {
		t.Errorf("the Secret is %v (%v)", got.Data, err)
	}
	// c3dvcmRmaXNo is swordfish in base64, as it begins
	w.silent(t, "swordfish-", "c3dvcmRmaXNo")
}
