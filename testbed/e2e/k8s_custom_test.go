package e2e

import (
	"context"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/loom-core/loom/testbed"
)

// gadgets is a kind that Kubernetes does not have itself, and the right to read
// it as operators give it: what is aggregated to view is seen by mcp-k8s too.
const gadgets = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.e2e.loom.test}
spec:
  group: e2e.loom.test
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget, shortNames: [gdg]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    selectableFields: [{jsonPath: .spec.size}, {jsonPath: .spec.password}]
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Phase, type: string, jsonPath: .status.phase}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, description: What is wanted., required: [size], properties: {size: {type: integer, maximum: 9}, password: {type: string}}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: e2e-gadgets-view, labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}}
rules: [{apiGroups: [e2e.loom.test], resources: [gadgets], verbs: [get, list]}]
`

var gadgetsAt = schema.GroupVersionResource{Group: "e2e.loom.test", Version: "v1", Resource: "gadgets"}

// gadgets adds the kind, until the test ends.
func (l *lab) gadgets() dynamic.Interface {
	l.t.Helper()
	any, err := dynamic.NewForConfig(l.admin.config)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		ctx, crds := context.Background(), schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
		if err := any.Resource(crds).Delete(ctx, "gadgets.e2e.loom.test", metav1.DeleteOptions{}); err != nil {
			l.t.Error(err)
		}
		eventually(l.t, "the kind is gone, which others add again", func() bool {
			_, err := any.Resource(crds).Get(ctx, "gadgets.e2e.loom.test", metav1.GetOptions{})
			return apierrors.IsNotFound(err)
		})
		_ = l.admin.RbacV1().ClusterRoles().Delete(ctx, "e2e-gadgets-view", metav1.DeleteOptions{})
	})
	l.create(gadgets, "")
	eventually(l.t, "the kind is served", func() bool {
		_, err := any.Resource(gadgetsAt).List(l.t.Context(), metav1.ListOptions{})
		return err == nil
	})
	return any
}

// TestK8sCustom: a kind that was not there when the server started is found, and
// is treated like those of Kubernetes itself.
func TestK8sCustom(t *testing.T) {
	l := newLab(t, nil)
	ns := l.namespace("k8s-custom")
	contains(t, l.fails("list_resources", `{"kind":"gadgets","namespace":%q}`, ns), "ERROR invalid_argument")
	any := l.gadgets()
	l.create("apiVersion: e2e.loom.test/v1\nkind: Gadget\nmetadata: {name: broken}\nspec: {size: 3, password: swordfish-in-gadget}\n", ns)
	status := []byte(`{"status":{"phase":"Stuck","conditions":[{"type":"Ready","status":"False","reason":"NoPower","message":"the plug is out"}]}}`)
	if _, err := any.Resource(gadgetsAt).Namespace(ns).Patch(t.Context(), "broken", types.MergePatchType, status, metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the right to gadgets is there", func() bool {
		return !l.Call("k8s__list_resources", `{"kind":"gdg","namespace":"`+ns+`"}`).IsError()
	})
	var said strings.Builder
	for _, test := range []struct {
		tool, args string
		want       []string
	}{
		{"list_resources", `"kind":"gdg"`, []string{"name\tsize\tphase", "broken\t3\tStuck"}},
		{"list_resources", `"kind":"gadgets.e2e.loom.test","output":"fields","fields":"spec.size,spec.password"`, []string{"broken\t3\t"}},
		{"list_resources", `"kind":"gadget","output":"fields","fields":"spec.sise"`, []string{"no object here has spec.sise; spec has password, size"}},
		{"list_resources", `"kind":"gadget","field_selector":"spec.size=3"`, []string{"broken"}},
		{"list_resources", `"kind":"gadget","field_selector":"spec.size=4"`, []string{"namespace k8s-custom has none"}},
		{"get_resource", `"kind":"e2e.loom.test/v1/Gadget","name":"broken"`, []string{"size: 3", "[redacted: "}},
		{"describe_resource", `"kind":"gadget","name":"broken"`, []string{"Size:", "NoPower"}},
		{"diagnose_workload", `"kind":"gadget","name":"broken"`, []string{"healthy: false", "NoPower", "the plug is out"}},
		{"get_resource_tree", `"kind":"gadget","name":"broken"`, []string{"Gadget/broken"}},
		{"search_resources", `"name":"broken","kinds":["gadgets"]`, []string{"Gadget\tk8s-custom\tbroken"}},
		{"check_access", `"verb":"list","kind":"gadgets"`, []string{"allowed: true"}},
	} {
		text := l.text(test.tool, `{"namespace":%q,%s}`, ns, test.args)
		contains(t, text, test.want...)
		said.WriteString(text)
	}
	if strings.Contains(said.String(), "swordfish") {
		t.Errorf("a password is in an answer:\n%s", said.String())
	}
	for _, test := range []struct{ tool, args, want string }{
		{"list_resources", `"kind":"gadget","field_selector":"spec.password=swordfish-in-gadget"`, "ERROR permission_denied: argument \"field_selector\": the value of spec.password is not shown"},
		{"list_resources", `"kind":"gadget","field_selector":"spec.colour=red"`, "field_selector of gadgets takes metadata.name, metadata.namespace, spec.size; status"},
		{"list_resources", `"kind":"pods","field_selector":"spec.nodNam=x"`, "metadata.namespace, spec.nodeName"},
		{"check_access", `"verb":"frobnicate","kind":"gadgets"`, "its verbs are delete, deletecollection, get, list, patch, create, update, watch"},
	} {
		contains(t, l.fails(test.tool, `{"namespace":%q,%s}`, ns, test.args), test.want)
	}
	contains(t, l.text("list_resources", `{"kind":"pods","namespace":"k8s-custm"}`), "the namespace k8s-custm does not exist; did you mean k8s-custom?")
	contains(t, l.text("list_api_resources", `{"group":"e2e.loom.test"}`), "gadgets\tgdg\te2e.loom.test/v1\ttrue\tGadget")
	contains(t, l.text("explain_resource", `{"kind":"gadget","path":"spec"}`), "What is wanted.", "size")
}

// TestK8sOpsCustom acts on objects of such a kind.
func TestK8sOpsCustom(t *testing.T) {
	w := newOpsWorld(t, "ops-custom", testbed.ClientOptions{})
	any := newCluster(t).gadgets()
	w.apply("operator", `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: gadgets, namespace: ops-custom}
rules: [{apiGroups: [e2e.loom.test], resources: [gadgets], verbs: [get, list, create, patch, delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: gadgets, namespace: ops-custom}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gadgets}
subjects: [{kind: ServiceAccount, name: mcp-k8s-ops, namespace: loom}]
`)
	const path = "/apis/e2e.loom.test/v1/namespaces/ops-custom/gadgets/lamp"
	apply := `{manifest: {apiVersion: e2e.loom.test/v1, kind: Gadget, metadata: {name: lamp, namespace: ops-custom}, spec: {size: 4, password: swordfish-in-lamp}}}`
	eventually(t, "the right to gadgets is there", func() bool {
		return !w.client.Call(opsServer+"__apply_manifest", w.args(t, apply)).IsError()
	})
	plan, _ := w.confirmed(t, "apply_manifest", apply)
	if !strings.Contains(plan.body, "+  size: 4\n") {
		t.Errorf("the plan is %s", plan.body)
	}
	w.expect(t, "patch "+path+": 201")
	w.refused(t, "apply_manifest", strings.Replace(apply, "size: 4", "size: 44", 1), "invalid_argument")
	w.refused(t, "apply_manifest", strings.Replace(apply, "size: 4", "sise: 4", 1), "invalid_argument")

	// Nothing tells whether a guess of a value is right that is not shown.
	for _, test := range []string{"{op: test, path: /spec/password, value: swordfish-in-lamp}", "{op: test, path: /spec, value: {size: 4, password: x}}"} {
		w.refused(t, "patch_resource", `{kind: gadget, name: lamp, namespace: ops-custom, type: json, patch: [`+test+`, {op: replace, path: /spec/size, value: 5}]}`, "permission_denied")
	}

	// A status is no change of what was planned, and is waited for.
	plan = w.call(t, "patch_resource", `{kind: gadget, name: lamp, namespace: ops-custom, patch: {spec: {size: 5}}}`)
	if a := w.call(t, "wait_for_condition", `{kind: gadget, name: lamp, namespace: ops-custom, for: condition=Lit, timeout: 1s}`); a.Met {
		t.Errorf("waiting for nothing: %s", a.meta)
	}
	status := []byte(`{"status":{"conditions":[{"type":"Lit","status":"True"}]}}`)
	if _, err := any.Resource(gadgetsAt).Namespace("ops-custom").Patch(t.Context(), "lamp", types.MergePatchType, status, metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	if a := w.call(t, "wait_for_condition", `{kind: gadget, name: lamp, namespace: ops-custom, for: condition=Lit}`); !a.Met {
		t.Errorf("waiting: %s", a.meta)
	}
	w.changes(t)
	w.call(t, "patch_resource", `{kind: gadget, name: lamp, namespace: ops-custom, patch: {spec: {size: 5}}, confirm: `+plan.Confirm+`}`)
	w.expect(t, "patch "+path+": 200")
	w.refused(t, "scale_workload", `{kind: gadget, name: lamp, namespace: ops-custom, replicas: 2}`, "unsupported")
	w.confirmed(t, "delete_resource", `{kind: gadget, name: lamp, namespace: ops-custom}`)
	w.expect(t, "delete "+path+": 200")
}
