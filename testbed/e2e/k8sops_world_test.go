package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/kube"
	"github.com/loom-core/loom/testbed/service"
)

const (
	opsServer = "k8s-ops"
	// opsUser is who mcp-k8s-ops is to the cluster: the ServiceAccount of
	// deploy/kubernetes/rbac, with the roles that are bound to it there.
	opsUser = "system:serviceaccount:loom:mcp-k8s-ops"
)

// opsWorld is a namespace, and mcp-k8s-ops behind Loom with the rights of its
// manifests in it.
type opsWorld struct {
	t         *testing.T
	at        service.Endpoint
	admin     client
	namespace string
	client    *testbed.Client
	said      strings.Builder // all answers
	marked    int             // requests in the audit log that were looked at
}

func newOpsWorld(t *testing.T, namespace string, opts testbed.ClientOptions) *opsWorld {
	t.Helper()
	at := use(t, "kubernetes")
	w := &opsWorld{t: t, at: at, admin: as(t, at.Kubeconfig, kube.Admin), namespace: namespace}
	ctx := t.Context()
	w.deploy("mcp-k8s-ops.yaml")
	if _, err := w.admin.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(ctx)
		if err := w.admin.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
	w.bind("mcp-k8s-ops")
	world := newWorld(t, fmt.Sprintf("servers:\n  %s: {from: shipped, client_env: [], env: {KUBECONFIG: %q, LOOM_K8S_OPS_TOOLSETS: all}}\n", opsServer, w.kubeconfig()))
	w.client = world.Connect(opts)
	w.changes(t) // those of tests before
	return w
}

// deploy applies manifests of the repository, as an operator would.
func (w *opsWorld) deploy(name string) {
	w.t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kubernetes", "rbac", name))
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply("operator", string(raw))
}

// apply applies objects as the admin, under the name of a manager.
func (w *opsWorld) apply(manager, manifests string) {
	w.t.Helper()
	d := utilyaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096)
	for {
		var o map[string]any
		if err := d.Decode(&o); err != nil {
			return // io.EOF; what is no YAML fails below
		}
		if o == nil {
			continue
		}
		raw, err := json.Marshal(o)
		if err != nil {
			w.t.Fatal(err)
		}
		var meta struct {
			APIVersion, Kind string
			Metadata         struct{ Name, Namespace string }
		}
		if err := json.Unmarshal(raw, &meta); err != nil {
			w.t.Fatal(err)
		}
		path := "/apis/" + meta.APIVersion
		if meta.APIVersion == "v1" {
			path = "/api/v1"
		}
		if meta.Metadata.Namespace != "" {
			path += "/namespaces/" + meta.Metadata.Namespace
		}
		path += "/" + strings.ToLower(meta.Kind) + "s/" + meta.Metadata.Name
		err = w.admin.CoreV1().RESTClient().Patch(types.ApplyPatchType).AbsPath(path).
			Param("fieldManager", manager).Param("force", "true").Body(raw).Do(w.t.Context()).Error()
		if err != nil {
			w.t.Fatalf("applying %s %s: %v", meta.Kind, meta.Metadata.Name, err)
		}
	}
}

// bind gives mcp-k8s-ops one of its roles in the namespace.
func (w *opsWorld) bind(role string) {
	w.t.Helper()
	_, err := w.admin.RbacV1().RoleBindings(w.namespace).Create(w.t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: "loom", Name: "mcp-k8s-ops"}},
	}, metav1.CreateOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
}

// allow gives it one more right in the namespace.
func (w *opsWorld) allow(resource string, verbs ...string) {
	w.t.Helper()
	w.apply("operator", fmt.Sprintf(`apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: more-%[1]s, namespace: %[2]s}
rules: [{apiGroups: [""], resources: [%[1]s], verbs: [%[3]s]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: more-%[1]s, namespace: %[2]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: more-%[1]s}
subjects: [{kind: ServiceAccount, name: mcp-k8s-ops, namespace: loom}]
`, resource, w.namespace, strings.Join(verbs, ", ")))
}

// kubeconfig is that of the admin with the token of the ServiceAccount in it.
func (w *opsWorld) kubeconfig() string {
	w.t.Helper()
	seconds := int64(3600)
	var token *authv1.TokenRequest
	var err error
	eventually(w.t, "the ServiceAccount has a token", func() bool {
		token, err = w.admin.CoreV1().ServiceAccounts("loom").CreateToken(w.t.Context(), "mcp-k8s-ops", &authv1.TokenRequest{Spec: authv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
		return err == nil
	})
	config, err := clientcmd.LoadFromFile(w.at.Kubeconfig)
	if err != nil {
		w.t.Fatal(err)
	}
	context := config.Contexts[kube.Admin]
	context.Namespace = w.namespace
	config.CurrentContext = kube.Admin
	for name := range config.Contexts {
		if name != kube.Admin {
			delete(config.Contexts, name)
		}
	}
	user := config.AuthInfos[context.AuthInfo]
	user.Token, user.ClientCertificateData, user.ClientKeyData = token.Status.Token, nil, nil
	path := filepath.Join(w.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// opsAnswer is what a tool answered: what stands in its first block, and the rest.
type opsAnswer struct {
	DryRun  bool `json:"dry_run"`
	Changed bool
	Before  json.RawMessage
	After   json.RawMessage
	Details json.RawMessage

	Warnings  []string
	Confirm   string
	Next      string
	Approved  string `json:"approved_by"`
	ExitCode  *int   `json:"exit_code"`
	Met       bool
	Failed    bool
	State     string
	Reachable bool
	Status    int
	Why       string

	meta, body string
}

// call calls a tool that must succeed. args are YAML, to be short.
func (w *opsWorld) call(t *testing.T, tool, args string) (a opsAnswer) {
	t.Helper()
	f := w.client.Call(opsServer+"__"+tool, w.args(t, args))
	w.said.Write(f.Raw)
	if f.Err() != nil || f.IsError() {
		t.Fatalf("%s %s: %s", tool, args, f)
	}
	var result struct{ Content []struct{ Text string } }
	if err := json.Unmarshal([]byte(f.Result()), &result); err != nil || len(result.Content) == 0 {
		t.Fatalf("%s %s: %v: %s", tool, args, err, f)
	}
	a.meta = result.Content[0].Text
	if err := json.Unmarshal([]byte(a.meta), &a); err != nil {
		t.Fatalf("%s %s: %v: %s", tool, args, err, a.meta)
	}
	for _, block := range result.Content[1:] {
		a.body += block.Text
	}
	return a
}

// refused calls a tool that must fail with a code, and returns what it says.
func (w *opsWorld) refused(t *testing.T, tool, args, code string) string {
	t.Helper()
	f := w.client.Call(opsServer+"__"+tool, w.args(t, args))
	w.said.Write(f.Raw)
	if !f.IsError() || !strings.HasPrefix(f.Text(), "ERROR "+code+":") {
		t.Errorf("%s %s gives %s, want an error %s", tool, args, f, code)
	}
	return f.Text()
}

func (w *opsWorld) args(t *testing.T, text string) string {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return string(raw)
}

// confirmed plans, which must change nothing, and then does it.
func (w *opsWorld) confirmed(t *testing.T, tool, args string) (plan, done opsAnswer) {
	t.Helper()
	w.changes(t)
	plan = w.call(t, tool, args)
	if !plan.DryRun || plan.Confirm == "" || !plan.Changed {
		t.Fatalf("%s %s plans %s", tool, args, plan.meta)
	}
	if changes := w.changes(t); len(changes) > 0 {
		t.Errorf("the plan of %s %s changed something: %v", tool, args, changes)
	}
	done = w.call(t, tool, with(args, "confirm: "+plan.Confirm))
	if done.DryRun || done.Confirm != "" {
		t.Errorf("%s %s with confirm gives %s", tool, args, done.meta)
	}
	return plan, done
}

// with adds a member to arguments in flow or block style.
func with(args, member string) string {
	if inner, ok := strings.CutSuffix(args, "}"); ok && strings.HasPrefix(args, "{") {
		return inner + ", " + member + "}"
	}
	return args + "\n" + member
}

// changes are the requests of mcp-k8s-ops, since they were asked for last, that
// were granted and change something: not those that are a dry run.
func (w *opsWorld) changes(t *testing.T) (all []string) {
	t.Helper()
	requests, err := kube.Audit(w.at.AuditLog, opsUser)
	if err != nil {
		t.Fatal(err)
	}
	fresh := requests[min(w.marked, len(requests)):]
	w.marked = len(requests)
	for _, r := range fresh {
		_, query, _ := strings.Cut(r.URI, "?")
		if r.Mutates() && r.Code < 300 && !slices.Contains(strings.Split(query, "&"), "dryRun=All") {
			all = append(all, strings.TrimPrefix(r.String(), opsUser+": "))
		}
	}
	return all
}

// expect checks the changes since they were asked for last.
func (w *opsWorld) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := w.changes(t); !slices.Equal(got, want) {
		t.Errorf("the audit log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// silent checks that no secret is in any answer so far, in any of its spellings.
func (w *opsWorld) silent(t *testing.T, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if at := strings.Index(w.said.String(), secret); at >= 0 {
			t.Errorf("%s is in an answer: …%s…", secret, w.said.String()[max(0, at-300):min(w.said.Len(), at+100)])
		}
	}
}
