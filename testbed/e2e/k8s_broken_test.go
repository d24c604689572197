package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// finding is what diagnose_workload says, as far as the tests look at it.
type finding struct {
	Healthy bool
	Summary string
	Causes  []struct {
		Cause, Container, Detail, Advice string
		Exit                             *int
	}
	Logs []struct{ Line string }
}

// TestK8sBroken has workloads that do not run for all kinds of reasons: each
// cause is named by one call.
func TestK8sBroken(t *testing.T) {
	l := newLab(t, nil)
	if l.at.Lacks != "" {
		t.Skip(l.at.Lacks)
	}
	l.spareNode()
	ns, small := l.namespace("k8s-broken"), l.namespace("k8s-quota")
	for name, in := range map[string]string{"broken": ns, "quota": small} {
		raw, err := os.ReadFile("testdata/k8s/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		l.create(string(raw), in)
	}
	began := time.Now()
	for _, test := range []struct {
		kind, name, cause string
		want              []string // in the answer
	}{
		{"deploy", "well", "", nil},
		{"deploy", "crash", "CrashLoop", []string{"exit code 3", "database connection refused"}},
		{"deploy", "pull", "ImagePull", []string{"127.0.0.1:9/nope:1", "cannot reach the registry"}},
		{"deploy", "absent", "ImagePull", []string{"loom.test/absent:1", "imagePullPolicy is Never"}},
		{"deploy", "oom", "OOMKilled", []string{"its limit of 24Mi", "msg=growing"}},
		{"deploy", "huge", "Unschedulable", []string{"Insufficient cpu", "request of 4k"}},
		{"deploy", "choosy", "Unschedulable", []string{"nodeSelector"}},
		{"deploy", "tainted", "Unschedulable", []string{"untolerated taint", "toleration"}},
		{"deploy", "claim", "Claim", []string{"pvc data", "nowhere"}},
		{"pvc", "data", "Claim", []string{"nowhere"}},
		{"deploy", "readiness", "ReadinessProbe", []string{"9999", "connection refused"}},
		{"deploy", "liveness", "LivenessProbe", []string{"9998"}},
		{"deploy", "config", "ConfigMissing", []string{`configmap \"settings\" not found`}},
		{"deploy", "mount", "ConfigMissing", []string{`secret \"certificate\" not found`}},
		{"deploy", "command", "ContainerStart", []string{"no-such-program", "the image has no such program"}},
		{"deploy", "init", "CrashLoop", []string{"migrate"}},
		{"job", "report", "Failed", []string{"exit code 4"}},
		{"svc", "lost", "NoPods", []string{"app=nothing"}},
		{"deploy", "account", "CreateFailed", []string{"serviceaccount", "nobody"}},
		{"pod", "gated", "Unschedulable", []string{"schedulingGates"}},
	} {
		l.diagnosed(ns, test.kind, test.name, test.cause, test.want...)
	}
	l.diagnosed(small, "deploy", "many", "Quota", "exceeded quota", "pods 0 of 0")
	t.Logf("all causes are named after %s", time.Since(began).Round(time.Millisecond))

	t.Run("the whole namespace", func(t *testing.T) {
		text := l.text("diagnose_workload", `{"namespace":%q}`, ns)
		contains(t, text, "healthy: false", "OOMKilled", "CrashLoop", "LivenessProbe", "ReadinessProbe", "ImagePull", "ConfigMissing", "ContainerStart", "Claim", "Unschedulable")
		if strings.Contains(text, "well-") {
			t.Errorf("what is well is among what is wrong:\n%s", text)
		}
		t.Logf("%d tokens for %d kinds of trouble", len(text)/4, strings.Count(text, "\n"))
	})
	t.Run("time", func(t *testing.T) {
		worst := time.Duration(0)
		for range 20 {
			began := time.Now()
			l.text("diagnose_workload", `{"kind":"deploy","name":"crash","namespace":%q}`, ns)
			worst = max(worst, time.Since(began))
		}
		t.Logf("the slowest of 20 diagnoses took %s", worst.Round(time.Millisecond))
		if worst > 10*time.Second { // on two busy cores
			t.Errorf("a diagnosis took %s", worst)
		}
	})
	t.Run("no secret", func(t *testing.T) {
		for _, tool := range []string{"get_resource", "describe_resource"} {
			text := l.text(tool, `{"kind":"deploy","name":"crash","namespace":%q}`, ns)
			contains(t, text, "DB_PASSWORD", "[redacted: 14 bytes]")
			if strings.Contains(text, "hunter2") {
				t.Errorf("%s shows a password:\n%s", tool, text)
			}
		}
	})
}

// diagnosed waits until the cause is named, in one call, and nothing else is.
func (l *lab) diagnosed(namespace, kind, name, cause string, want ...string) {
	l.t.Helper()
	ask := fmt.Sprintf(`{"kind":%q,"name":%q,"namespace":%q}`, kind, name, namespace)
	fits := func() (string, bool) {
		f := l.Call("k8s__diagnose_workload", ask)
		if f.IsError() {
			return f.Text(), false
		}
		var got finding
		var result struct{ StructuredContent json.RawMessage }
		if json.Unmarshal([]byte(f.Result()), &result) != nil || json.Unmarshal(result.StructuredContent, &got) != nil {
			return f.String(), false
		}
		if cause == "" {
			return f.Text(), got.Healthy && len(got.Causes) == 0
		}
		if got.Healthy || len(got.Causes) == 0 || got.Causes[0].Cause != cause {
			return f.Text(), false
		}
		for _, w := range want {
			if !strings.Contains(string(result.StructuredContent), w) {
				return f.Text(), false
			}
		}
		return f.Text(), true
	}
	text := ""
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		var ok bool
		if text, ok = fits(); ok {
			return
		}
		if time.Now().After(end) {
			l.t.Errorf("%s %s is not said to be %s with %q, but\n%s", kind, name, orElse(cause, "well"), want, text)
			return
		}
	}
}

// spareNode is a node that exists on paper, with a taint.
func (l *lab) spareNode() {
	l.t.Helper()
	nodes := l.admin.CoreV1().Nodes()
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "spare", Labels: map[string]string{"pool": "gpu"}},
		Spec:       corev1.NodeSpec{Taints: []corev1.Taint{{Key: "dedicated", Value: "gpu", Effect: corev1.TaintEffectNoSchedule}}},
	}
	if _, err := nodes.Create(l.t.Context(), node, metav1.CreateOptions{}); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = nodes.Delete(context.Background(), "spare", metav1.DeleteOptions{}) })
}
