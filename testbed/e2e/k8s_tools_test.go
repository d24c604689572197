package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/loom-core/loom/testbed/kube"
)

// shop creates the shop and waits until it runs.
func (l *lab) shop(namespace string) {
	l.t.Helper()
	raw, err := os.ReadFile("testdata/k8s/shop.yaml")
	if err != nil {
		l.t.Fatal(err)
	}
	l.create(string(raw), namespace)
	eventually(l.t, "the shop runs", func() bool {
		p, err := l.admin.CoreV1().Pods(namespace).Get(l.t.Context(), "printer", metav1.GetOptions{})
		return err == nil && p.Status.Phase == corev1.PodSucceeded && l.ready(namespace, "web") && l.ready(namespace, "chat")
	})
}

func (l *lab) ready(namespace, name string) bool {
	d, err := l.admin.AppsV1().Deployments(namespace).Get(l.t.Context(), name, metav1.GetOptions{})
	return err == nil && d.Status.ReadyReplicas == *d.Spec.Replicas && d.Status.UpdatedReplicas == *d.Spec.Replicas && d.Status.Replicas == *d.Spec.Replicas && d.Status.ObservedGeneration == d.Generation
}

// TestK8sTools calls each tool, as the least that deploy/kubernetes/rbac grants.
func TestK8sTools(t *testing.T) {
	l := newLab(t, nil)
	if l.at.Lacks != "" {
		t.Skip(l.at.Lacks)
	}
	ns, node := l.namespace("k8s-shop"), l.node()
	l.shop(ns)
	l.revise(ns)

	t.Run("list_resources", func(t *testing.T) {
		text := l.text("list_resources", `{"kind":"po","namespace":%q}`, ns)
		contains(t, text, "name\tready\tstatus\trestarts\tage", "printer\t0/1\tCompleted", "\t1/1\tRunning\t0")
		contains(t, l.text("list_resources", `{"kind":"deploy","namespace":%q,"sort":"-name"}`, ns), "web\t2/2", "\nweb\t2/2\t2\t2\t")
		contains(t, l.text("list_resources", `{"kind":"pods","namespace":%q,"status":"!Ready"}`, ns), "items: none")
		contains(t, l.text("list_resources", `{"kind":"pods","all_namespaces":true,"output":"count"}`), ns+"=5")
		contains(t, l.text("list_resources", `{"kind":"pods","namespace":%q,"name":"chat-*","output":"fields","fields":"spec.nodeName,spec.containers[*].image"}`, ns), node+"\tloom.test/workload:dev")
		contains(t, l.text("list_resources", `{"kind":"nodes"}`), node+"\tReady")
		contains(t, l.fails("list_resources", `{"kind":"deploymnet"}`), "did you mean deployments.apps")
	})
	t.Run("get_resource", func(t *testing.T) {
		contains(t, l.text("get_resource", `{"kind":"deploy","names":["web","chat"],"namespace":%q,"part":"spec"}`, ns), "replicas: 2", "---\nname: ", "secretKeyRef:")
		contains(t, l.fails("get_resource", `{"kind":"deploy","name":"wbe","namespace":%q}`, ns), "ERROR not_found", `did you mean web?`)
	})
	t.Run("describe_resource", func(t *testing.T) {
		pod := l.podOf(ns, "app=web")
		contains(t, l.text("describe_resource", `{"kind":"pod","name":%q,"namespace":%q}`, pod, ns), "Events:", "Pulled", "Owned by:  ReplicaSet/web-", " < Deployment/web", "<set to the key 'password' in secret 'db'>")
	})
	t.Run("get_logs", func(t *testing.T) {
		text := l.text("get_logs", `{"owner":"deploy/chat","namespace":%q,"level":"error"}`, ns)
		contains(t, text, `"matched":6`, `"scanned":600`, `"scan_complete":true`, "msg=chat n=250")
		contains(t, l.text("get_logs", `{"owner":"deploy/chat","namespace":%q,"grep":"n=150$","context_lines":1}`, ns), "n=149\n", "n=150\n", "n=151\n")
		contains(t, l.text("get_logs", `{"owner":"svc/web","namespace":%q,"tail":20,"dedupe":true}`, ns), "(x")
		if text := l.text("get_logs", `{"name":%q,"namespace":%q,"tail":3}`, l.podOf(ns, "app=chat"), ns); !strings.HasSuffix(text, "n=297\nlevel=info msg=chat n=298\nlevel=info msg=chat n=299\n") {
			t.Errorf("the last lines are not the last:\n%s", text)
		}
		contains(t, l.fails("get_logs", `{"name":%q,"namespace":%q,"previous":true}`, l.podOf(ns, "app=chat"), ns), "failed_precondition", "was not restarted")
	})
	t.Run("diagnose_workload", func(t *testing.T) {
		contains(t, l.text("diagnose_workload", `{"name":"web","namespace":%q}`, ns), "healthy: true", "all of 2 pods are well", "2 wanted, 2 ready")
	})
	t.Run("list_events", func(t *testing.T) {
		contains(t, l.text("list_events", `{"namespace":%q,"reason":"ScalingReplicaSet"}`, ns), "deployment/web", "deployment/chat")
		contains(t, l.text("list_events", `{"namespace":%q,"for":"pod/printer"}`, ns), "pod/printer\tNormal\tScheduled")
	})
	t.Run("get_cluster_overview", func(t *testing.T) {
		text := l.text("get_cluster_overview", `{}`)
		contains(t, text, "version: "+l.at.Version, ns, "nodes: 1 of 1 ready, allocatable cpu", "outsider")
	})
	t.Run("get_rollout", func(t *testing.T) {
		contains(t, l.text("get_rollout", `{"kind":"deploy","name":"web","namespace":%q}`, ns), "state: complete", "loom.test/workload:dev", "second", "spec.containers[app].env[MODE].value: first -> second")
	})
	t.Run("get_resource_tree", func(t *testing.T) {
		contains(t, l.text("get_resource_tree", `{"kind":"svc","name":"web","namespace":%q}`, ns), "Service/web\t\t2 ready pods", "  Pod/web-", "    ConfigMap/settings\tmounts", "    Secret/db\tenv")
		contains(t, l.text("get_resource_tree", `{"kind":"pod","name":%q,"namespace":%q}`, l.podOf(ns, "app=web"), ns), "^ Deployment/web\towns", "^ ReplicaSet/web-", "^ Service/web\tselects")
	})
	t.Run("search_resources", func(t *testing.T) {
		contains(t, l.text("search_resources", `{"name":"web","namespace":%q}`, ns), "Deployment\tk8s-shop\tweb\t2/2", "Pod\tk8s-shop\tweb-", "Service\tk8s-shop\tweb")
		contains(t, l.text("search_resources", `{"image":"loom.test/*","kinds":["deploy"]}`), "chat\t2/2", "loom.test/workload:dev")
		contains(t, l.text("search_resources", `{"name":"settings","kinds":["*"],"namespace":%q}`, ns), "ConfigMap\tk8s-shop\tsettings", "not allowed to list secrets")
	})
	t.Run("list_api_resources", func(t *testing.T) {
		contains(t, l.text("list_api_resources", `{"filter":"deploy"}`), "deployments\tdeploy\tapps/v1\ttrue\tDeployment\t")
	})
	t.Run("explain_resource", func(t *testing.T) {
		contains(t, l.text("explain_resource", `{"kind":"deployment","path":"spec.strategy","depth":2}`), "rollingUpdate <object>", "maxSurge <int", "Type of deployment")
		contains(t, l.fails("explain_resource", `{"kind":"deployment","path":"spec.stratgy"}`), `did you mean strategy`)
	})
	t.Run("check_access", func(t *testing.T) {
		for _, test := range []struct{ verb, kind, want string }{
			{"list", "pods", "allowed: true"}, {"get", "pods/log", "allowed: true"}, {"get", "secrets", "allowed: false"}, {"delete", "pods", "allowed: false"}, {"create", "pods/exec", "allowed: false"},
		} {
			contains(t, l.text("check_access", `{"verb":%q,"kind":%q,"namespace":%q}`, test.verb, test.kind, ns), test.want)
		}
		contains(t, l.text("check_access", `{"as_list":true,"namespace":%q}`, ns), "deployments.apps")
	})
	t.Run("get_usage", func(t *testing.T) {
		contains(t, l.fails("get_usage", `{}`), "ERROR unsupported", "metrics-server")
	})
	t.Run("a denial", func(t *testing.T) {
		text := l.fails("list_resources", `{"kind":"secrets","namespace":%q}`, ns)
		contains(t, text, "ERROR permission_denied: not allowed to list secrets in namespace", "SelfSubjectAccessReview says no", "check_access as_list=true")
	})
	t.Run("outsider", func(t *testing.T) { l.outsider(t, ns) })
	t.Run("audit", func(t *testing.T) {
		for _, user := range []string{reader, kube.Outsider} {
			requests, err := kube.Audit(l.at.AuditLog, user)
			if err != nil || len(requests) == 0 {
				t.Fatalf("%d requests by %s (%v)", len(requests), user, err)
			}
			for _, r := range requests {
				// The other suite has the outsider try to delete a namespace.
				if r.Mutates() && r.Namespace != "shop" && r.Name != "shop" {
					t.Errorf("%s", r)
				}
			}
			t.Logf("%s made %d requests, and changed nothing", user, len(requests))
		}
	})
}

// revise makes a second revision of the shop.
func (l *lab) revise(namespace string) {
	l.t.Helper()
	set := l.admin.AppsV1().Deployments(namespace)
	eventually(l.t, "the shop has a second revision", func() bool {
		d, err := set.Get(l.t.Context(), "web", metav1.GetOptions{})
		if err != nil {
			return false
		}
		d.Spec.Template.Spec.Containers[0].Env[0].Value = "second"
		d.Annotations["kubernetes.io/change-cause"] = "second"
		_, err = set.Update(l.t.Context(), d, metav1.UpdateOptions{})
		return err == nil
	})
	eventually(l.t, "the second revision runs", func() bool { return l.ready(namespace, "web") })
	eventually(l.t, "the first revision is gone", func() bool {
		pods, err := l.admin.CoreV1().Pods(namespace).List(l.t.Context(), metav1.ListOptions{LabelSelector: "app=web"})
		return err == nil && len(pods.Items) == 2
	})
}

func (l *lab) podOf(namespace, selector string) string {
	l.t.Helper()
	pods, err := l.admin.CoreV1().Pods(namespace).List(l.t.Context(), metav1.ListOptions{LabelSelector: selector})
	if err != nil || len(pods.Items) == 0 {
		l.t.Fatalf("no pod has %s (%v)", selector, err)
	}
	return pods.Items[0].Name
}

// node is the name of the only one, which each provider chooses itself.
func (l *lab) node() string {
	l.t.Helper()
	nodes, err := l.admin.CoreV1().Nodes().List(l.t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 1 {
		l.t.Fatalf("the node of the cluster: %v, %v", nodes, err)
	}
	return nodes.Items[0].Name
}

// outsider sees nothing, and with a role what that grants.
func (l *lab) outsider(t *testing.T, namespace string) {
	contains(t, l.fails("list_resources", `{"kind":"pods","context":"outsider","namespace":%q}`, namespace), "ERROR permission_denied", `User "outsider" cannot list`)
	roles := l.admin.RbacV1()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "pods"}, Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "list"}}}}
	if _, err := roles.Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "pods"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "pods"}, Subjects: []rbacv1.Subject{{Kind: "User", Name: kube.Outsider}}}
	if _, err := roles.RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the outsider sees pods", func() bool {
		f := l.Call("k8s__list_resources", fmt.Sprintf(`{"kind":"pods","context":"outsider","namespace":%q}`, namespace))
		return !f.IsError() && strings.Contains(f.Text(), "printer")
	})
	for _, denied := range []string{
		`{"kind":"pods","context":"outsider","namespace":"default"}`, `{"kind":"pods","context":"outsider","all_namespaces":true}`,
		`{"kind":"deploy","context":"outsider","namespace":"` + namespace + `"}`, `{"kind":"nodes","context":"outsider"}`,
	} {
		contains(t, l.fails("list_resources", "%s", denied), "ERROR permission_denied")
	}
	contains(t, l.fails("get_logs", `{"name":"printer","context":"outsider","namespace":%q}`, namespace), "permission_denied")
	// A diagnosis says what it could not look at.
	contains(t, l.text("diagnose_workload", `{"kind":"pod","name":"printer","context":"outsider","namespace":%q}`, namespace), "events could not be looked at")
}

// TestK8sMany pages through more pods than any answer holds.
func TestK8sMany(t *testing.T) {
	l := newLab(t, map[string]string{"K8S_ALLOWED_NAMESPACES": "k8s-many-*", "K8S_ALLOWED_CONTEXTS": "reader"})
	const each = 150
	spaces := []string{l.namespace("k8s-many-a"), l.namespace("k8s-many-b"), l.namespace("k8s-other")}
	zero := int32(0)
	for _, ns := range spaces {
		// ReplicaSets without pods: the API server pages them as it does pods.
		for i := range each {
			labels := map[string]string{"n": fmt.Sprint(i)}
			rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("set-%03d", i)}, Spec: appsv1.ReplicaSetSpec{
				Replicas: &zero, Selector: &metav1.LabelSelector{MatchLabels: labels},
				Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "a", Image: "a"}}}},
			}}
			if _, err := l.admin.AppsV1().ReplicaSets(ns).Create(t.Context(), rs, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, more := range []string{`"per_page":40`, `"per_page":500,"max_bytes":4000`, `"name":"set-*7"`} {
		seen := make(map[string]int)
		next := ""
		for calls := 0; ; calls++ {
			var answer struct {
				Items      []struct{ Namespace, Name string }
				Pagination struct {
					HasMore  bool            `json:"has_more"`
					NextArgs json.RawMessage `json:"next_args"`
				}
			}
			structured(t, l.Client, "k8s__list_resources", `{"kind":"rs","all_namespaces":true,`+more+next+`}`, &answer)
			for _, item := range answer.Items {
				seen[item.Namespace+"/"+item.Name]++
			}
			if !answer.Pagination.HasMore || calls > 200 {
				break
			}
			next = "," + strings.Trim(string(answer.Pagination.NextArgs), "{}")
		}
		want := 2 * each
		if strings.Contains(more, "name") {
			want /= 10
		}
		for name, n := range seen {
			if n != 1 || strings.HasPrefix(name, "k8s-other") {
				t.Errorf("%s: %s is listed %d times", more, name, n)
			}
		}
		if len(seen) != want {
			t.Errorf("%s: %d are listed, want %d", more, len(seen), want)
		}
	}
	if tools := l.tools(); strings.Contains(tools, `"context":{"type":"string","enum"`) {
		t.Error("there is one context, and an argument for it")
	}
	contains(t, l.fails("list_resources", `{"kind":"rs","namespace":"k8s-other"}`), "K8S_ALLOWED_NAMESPACES")
}

func (l *lab) tools() string { return l.Ask("tools/list", "{}").Result() }

// TestK8sCancel ends a call, and its request with it.
func TestK8sCancel(t *testing.T) {
	l := newLab(t, nil)
	if l.at.Lacks != "" {
		t.Skip(l.at.Lacks)
	}
	ns := l.namespace("k8s-cancel")
	l.shop(ns)
	for range 5 {
		began := time.Now()
		id := l.Begin("k8s__diagnose_workload", `{"namespace":"*"}`)
		l.Cancel(id)
		l.text("list_resources", `{"kind":"ns"}`) // the server goes on
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("after a cancel the next call took %s", took)
		}
	}
}
