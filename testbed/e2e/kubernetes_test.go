package e2e

import (
	"errors"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/util/exec"
	"k8s.io/utils/ptr"

	"github.com/loom-core/loom/testbed/kube"
	"github.com/loom-core/loom/testbed/service"
)

// namespace is the one that the tests make and delete.
const namespace = "shop"

// TestKubernetes is a day in the life of a cluster, with Kubernetes' own client
// library. Its steps build on each other.
func TestKubernetes(t *testing.T) {
	at := use(t, "kubernetes")
	admin, outsider := as(t, at.Kubeconfig, kube.Admin), as(t, at.Kubeconfig, kube.Outsider)
	ctx := t.Context()
	var pods []corev1.Pod
	before := changesBy(t, at, kube.Admin) // of other tests on this cluster
	denied := changesBy(t, at, kube.Outsider)
	for _, step := range []struct {
		name string
		node bool // needs one
		run  func(t *testing.T)
	}{
		{"version", false, func(t *testing.T) {
			v, err := admin.Discovery().ServerVersion()
			if err != nil || v.GitVersion != at.Version {
				t.Errorf("the version is %v, want %s (%v)", v, at.Version, err)
			}
		}},
		{"node", true, func(t *testing.T) {
			nodes, err := admin.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
			if err != nil || len(nodes.Items) != 1 {
				t.Fatalf("the nodes are %+v (%v)", nodes, err)
			}
			if info := nodes.Items[0].Status.NodeInfo; info.KubeletVersion != at.Version || !strings.HasPrefix(info.ContainerRuntimeVersion, "containerd://") {
				t.Errorf("the node is %+v", info)
			}
		}},
		{"namespace", false, func(t *testing.T) {
			if _, err := admin.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
		}},
		{"deployment", true, func(t *testing.T) {
			began := time.Now()
			if _, err := admin.AppsV1().Deployments(namespace).Create(ctx, deployment(), metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			eventually(t, "two pods are ready", func() bool {
				d, err := admin.AppsV1().Deployments(namespace).Get(ctx, "web", metav1.GetOptions{})
				return err == nil && d.Status.ReadyReplicas == 2
			})
			t.Logf("two pods are ready after %s", time.Since(began).Round(time.Millisecond))
			list, err := admin.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=web"})
			if err != nil || len(list.Items) != 2 {
				t.Fatalf("there are %d pods (%v)", len(list.Items), err)
			}
			pods = list.Items
		}},
		{"logs", true, func(t *testing.T) {
			raw, err := admin.CoreV1().Pods(namespace).GetLogs(pods[0].Name, &corev1.PodLogOptions{}).DoRaw(ctx)
			if want := "msg=tick n=0 pod=" + pods[0].Name; err != nil || !strings.Contains(string(raw), want) {
				t.Errorf("the logs are %q, want %q in them (%v)", raw, want, err)
			}
		}},
		{"exec", true, func(t *testing.T) {
			for _, test := range []struct {
				stdin, stdout, stderr string
				code                  int
				command               []string
			}{
				{"", "hello there\n", "", 0, []string{"/workload", "echo", "hello", "there"}},
				{"", "", "careful\n", 0, []string{"/workload", "warn", "careful"}},
				{"from here", "from here", "", 0, []string{"/workload", "cat"}},
				{"", "", "", 3, []string{"/workload", "exit", "3"}},
			} {
				stdout, stderr, err := admin.exec(ctx, namespace, pods[0].Name, test.stdin, test.command...)
				var exit exec.CodeExitError
				if errors.As(err, &exit) {
					err = nil
				}
				if err != nil || exit.Code != test.code || stdout != test.stdout || stderr != test.stderr {
					t.Errorf("%v gives %q and %q, code %d (%v), want %q and %q, code %d", test.command, stdout, stderr, exit.Code, err, test.stdout, test.stderr, test.code)
				}
			}
		}},
		{"environment", true, func(t *testing.T) {
			stdout, _, err := admin.exec(ctx, namespace, pods[0].Name, "", "/workload", "env")
			if err != nil || !strings.Contains(stdout, "MODE=test\n") {
				t.Errorf("the environment is %q (%v)", stdout, err)
			}
		}},
		{"port-forward", true, func(t *testing.T) {
			got, err := admin.fetch(namespace, pods[1].Name, "/here")
			if want := "workload " + pods[1].Name + " /here\n"; err != nil || got != want {
				t.Errorf("port 8080 says %q, want %q (%v)", got, want, err)
			}
		}},
		{"proxy", true, func(t *testing.T) {
			raw, err := admin.CoreV1().Pods(namespace).ProxyGet("http", pods[1].Name, "8080", "/there", nil).DoRaw(ctx)
			if want := "workload " + pods[1].Name + " /there\n"; err != nil || string(raw) != want {
				t.Errorf("through the API server it says %q, want %q (%v)", raw, want, err)
			}
		}},
		{"a pod that crashes", true, func(t *testing.T) {
			crash := pod("crash", "crash")
			if _, err := admin.CoreV1().Pods(namespace).Create(ctx, &crash, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			eventually(t, "it has failed with its code", func() bool {
				p, err := admin.CoreV1().Pods(namespace).Get(ctx, "crash", metav1.GetOptions{})
				return err == nil && p.Status.Phase == corev1.PodFailed && p.Status.ContainerStatuses[0].State.Terminated.ExitCode == 3
			})
			raw, err := admin.CoreV1().Pods(namespace).GetLogs("crash", &corev1.PodLogOptions{}).DoRaw(ctx)
			if err != nil || !strings.Contains(string(raw), "database connection refused") {
				t.Errorf("its logs are %q (%v)", raw, err)
			}
		}},
		{"rights", false, func(t *testing.T) {
			_, err := outsider.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
			if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `User "outsider" cannot list`) {
				t.Errorf("an outsider who lists pods gets %v", err)
			}
			err = outsider.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{})
			if !apierrors.IsForbidden(err) {
				t.Errorf("an outsider who deletes a namespace gets %v", err)
			}
		}},
		{"deletion of the namespace", false, func(t *testing.T) {
			began := time.Now()
			if err := admin.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the namespace is gone", func() bool {
				_, err := admin.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
				return apierrors.IsNotFound(err)
			})
			t.Logf("the namespace is gone after %s", time.Since(began).Round(time.Millisecond))
		}},
		{"audit", false, func(t *testing.T) {
			want := []string{"admin: create /api/v1/namespaces: 201", "admin: delete /api/v1/namespaces/shop: 200"}
			if at.Lacks == "" {
				want = append(want, "admin: create /apis/apps/v1/namespaces/shop/deployments: 201", "admin: create /api/v1/namespaces/shop/pods: 201")
			}
			audited(t, at, kube.Admin, before, want...)
			audited(t, at, kube.Outsider, denied, "outsider: delete /api/v1/namespaces/shop: 403")
		}},
	} {
		ok := t.Run(step.name, func(t *testing.T) {
			if use(t, "kubernetes"); step.node && at.Lacks != "" { // counted in the table, each of them
				t.Skip(at.Lacks)
			}
			step.run(t)
		})
		if !ok && step.name == "deployment" {
			t.FailNow() // the others need its pods
		}
	}
}

// changesBy are the requests of a user so far that change something. Streams into
// pods are tested elsewhere.
func changesBy(t *testing.T, at service.Endpoint, user string) (all []string) {
	t.Helper()
	requests, err := kube.Audit(at.AuditLog, user)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range requests {
		if r.Mutates() && r.Subresource == "" {
			all = append(all, r.String())
		}
	}
	return all
}

// audited checks that the audit log has these changes by a user, after those before.
func audited(t *testing.T, at service.Endpoint, user string, before []string, want ...string) {
	t.Helper()
	got := changesBy(t, at, user)[len(before):]
	all := strings.Join(got, "\n")
	for _, line := range want {
		if !strings.Contains(all, line) {
			t.Errorf("the audit log has no %q, but\n%s", line, all)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the audit log has %d changes by %s, want %d:\n%s", len(got), user, len(want), all)
	}
}

// pod is a pod with the workload.
func pod(name string, args ...string) corev1.Pod {
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			Containers: []corev1.Container{{
				Name: "workload", Image: kube.WorkloadImage, ImagePullPolicy: corev1.PullNever, Args: args,
				Env: []corev1.EnvVar{{Name: "MODE", Value: "test"}},
			}},
			TerminationGracePeriodSeconds: ptr.To[int64](1),
		},
	}
}

// deployment has two pods that serve HTTP and are asked whether they do.
func deployment() *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	spec := pod("").Spec
	spec.RestartPolicy = corev1.RestartPolicyAlways
	spec.Containers[0].ReadinessProbe = &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(8080)}},
		PeriodSeconds: 1,
	}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To[int32](2), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec},
		},
	}
}

// patience is how long anything in the cluster is waited for: ten times what it
// takes on an idle machine.
const patience = 2 * time.Minute

// eventually waits until is returns true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain until %s", patience, what)
		}
	}
}
