package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kube/cluster"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func TestDocuments(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"one", "apiVersion: v1\nkind: A\nmetadata: {name: a}", "A/a"},
		{"JSON", `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"}}`, "A/a"},
		{"several, with comments", "# first\n---\napiVersion: v1\nkind: A\nmetadata: {name: a}\n---\n# nothing\n---\napiVersion: v1\nkind: B\nmetadata: {name: b}\n", "A/a B/b"},
		{"a List", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n- {apiVersion: v1, kind: B, metadata: {name: b}}", "A/a B/b"},
		{"nothing", "---\n# nothing\n", "error: the manifest has no object"},
		{"no kind", "apiVersion: v1\nmetadata: {name: a}\ndata: {password: hunter2}", "error: document 1 of the manifest: it is no object"},
		{"a name twice", "apiVersion: v1\nkind: A\nkind: B", "error: document 1"},
		{"no YAML", "a: b: c", "error: document 1"},
		{"a placeholder", "apiVersion: v1\nkind: A\nmetadata: {name: a}\ndata: {x: '[redacted: 7 bytes]'}", "error: the manifest has a placeholder"},
		{"too many", strings.Repeat("apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\n", maxDocuments+1), "error: the manifest has 51 objects"},
		{"too large", strings.Repeat("#", maxManifest+1), "error: the manifest has 1048577 bytes"},
	} {
		all, err := documents(tc.text)
		var names []string
		for _, u := range all {
			names = append(names, u.GetKind()+"/"+u.GetName())
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = "error: " + strings.TrimPrefix(strings.TrimPrefix(err.Error(), "invalid_argument: "), "too_large: ")
		}
		if !strings.HasPrefix(got, tc.want) || tc.want == "" {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%s: the error has a value in it: %s", tc.name, got)
		}
	}
}

func TestPatchAtVersion(t *testing.T) {
	for _, tc := range []struct{ kind, patch, want string }{
		{"merge", `{"spec":{"n":12345678901234567}}`, `{"metadata":{"resourceVersion":"7"},"spec":{"n":12345678901234567}}`},
		{"merge", `{"metadata":{"labels":{"a":null},"resourceVersion":"1"}}`, `{"metadata":{"labels":{"a":null},"resourceVersion":"7"}}`},
		{"merge", `{"metadata":null}`, `{"metadata":{"resourceVersion":"7"}}`},
		{"strategic", "spec: {a: [1]}", `{"metadata":{"resourceVersion":"7"},"spec":{"a":[1]}}`},
		{"json", `[{"op":"remove","path":"/a"}]`, `[{"op":"test","path":"/metadata/resourceVersion","value":"7"},{"op":"remove","path":"/a"}]`},
		{"json", `{"op":"remove"}`, ""}, {"merge", `[]`, ""}, {"merge", `{}`, ""}, {"merge", `text`, ""}, {"merge", "", ""},
		{"merge", `{"data":{"a":"[redacted: 7 bytes]"}}`, ""},
	} {
		p, err := parsePatch(tc.kind, tc.patch)
		var raw []byte
		if err == nil {
			raw, err = p.at("7")
		}
		if string(raw) != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s %s: %s (%v), want %s", tc.kind, tc.patch, raw, err, tc.want)
		}
	}
}

func TestProbePath(t *testing.T) {
	for path, ok := range map[string]bool{
		"/": true, "/healthz": true, "/a/b?c=d&e=/f": true, "/a..b": true, "/%20": true,
		"": false, "a": false, "//a": false, "/a/../b": false, "/..": false, "/%2e%2e/b": false, "/a%2Fb": false, "/a#b": false, `/a\b`: false,
		"http://a/b": false, "/a b": false, "/a\r\nb": false, "/" + strings.Repeat("a", 3000): false,
	} {
		if _, err := probePath(path); (err == nil) != ok {
			t.Errorf("probePath(%q): %v", path, err)
		}
	}
	for port, want := range map[string]string{"80": " 80", "http": " http", "https:443": "https: 443", "http:80": " 80", "": "error", "80/x": "error", "a:b:c": "error", "../": "error", "https:": "error"} {
		tls, name, err := probePort(port)
		got := tls + " " + name
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("probePort(%q) is %q, want %q", port, got, want)
		}
	}
}

func TestClassify(t *testing.T) {
	yes := true
	owned := func(kind string) []metav1.OwnerReference {
		return []metav1.OwnerReference{{Kind: kind, Name: "x", Controller: &yes}}
	}
	empty := []corev1.Volume{{VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	now := metav1.Now()
	plain := drainArgs{DaemonSets: true}
	for _, tc := range []struct {
		name string
		pod  corev1.Pod
		args drainArgs
		want string
	}{
		{"owned", corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: owned("ReplicaSet")}}, plain, "evict"},
		{"alone", corev1.Pod{}, plain, "blocked"},
		{"alone, by force", corev1.Pod{}, drainArgs{DaemonSets: true, Force: true}, "evict"},
		{"alone and ended", corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodSucceeded}}, plain, "evict"},
		{"alone and ending", corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &now}}, plain, "ending"},
		{"DaemonSet", corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: owned("DaemonSet")}}, plain, "left"},
		{"DaemonSet, not ignored", corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: owned("DaemonSet")}}, drainArgs{}, "blocked"},
		{"static", corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{corev1.MirrorPodAnnotationKey: "x"}, OwnerReferences: owned("Node")}}, plain, "left"},
		{"emptyDir", corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: owned("ReplicaSet")}, Spec: corev1.PodSpec{Volumes: empty}}, plain, "blocked"},
		{"emptyDir, allowed", corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: owned("ReplicaSet")}, Spec: corev1.PodSpec{Volumes: empty}}, drainArgs{DaemonSets: true, EmptyDir: true}, "evict"},
	} {
		e := new(evicting)
		e.classify(&tc.pod, tc.args)
		got := "evict"
		switch {
		case len(e.left) > 0:
			got = "left"
		case len(e.blocked) > 0:
			got = "blocked"
		case e.pods[0].ending:
			got = "ending"
		}
		if got != tc.want || len(e.left)+len(e.blocked)+len(e.pods) != 1 || got == "ending" && len(e.uids()) != 0 {
			t.Errorf("%s: %+v, want %s", tc.name, e, tc.want)
		}
	}
}

func TestStateOf(t *testing.T) {
	for _, tc := range []struct{ name, kind, what, object, want string }{
		{"deployment", "deployments.apps", "rollout", web, "met: 2 of 2 pods updated, 2 available"},
		{"not seen", "deployments.apps", "rollout", "metadata: {generation: 2}\nstatus: {observedGeneration: 1}", "the change has not been seen"},
		{"old pods left", "deployments.apps", "rollout", "spec: {replicas: 2}\nstatus: {replicas: 3, updatedReplicas: 2, availableReplicas: 3}", "2 of 2 pods updated, 3 available, 1 old ones left"},
		{"stuck", "deployments.apps", "rollout", "spec: {replicas: 1}\nstatus: {conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded, message: too slow}]}", "failed: 0 of 1 pods updated, 0 available: too slow"},
		{"none wanted", "deployments.apps", "rollout", "spec: {replicas: 0}", "met: 0 of 0"},
		{"statefulset", "statefulsets.apps", "rollout", "spec: {replicas: 1}\nstatus: {readyReplicas: 1, updatedReplicas: 1, currentRevision: a, updateRevision: a}", "met: 1 of 1"},
		{"statefulset on its way", "statefulsets.apps", "rollout", "spec: {replicas: 1}\nstatus: {readyReplicas: 1, currentRevision: a, updateRevision: b}", "0 of 1 pods updated"},
		{"daemonset", "daemonsets.apps", "ready", "status: {desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1}", "2 of 2 pods updated, 1 available"},
		{"job", "jobs.batch", "ready", "status: {conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded, message: too often}]}", "failed: the Job has failed: BackoffLimitExceeded: too often"},
		{"job, to fail", "jobs.batch", "condition=Failed", "status: {conditions: [{type: Failed, status: 'True', message: too often}]}", "met: Failed is True: too often"},
		{"pod", "pods", "ready", "status: {phase: Running, conditions: [{type: Ready, status: 'False', reason: ContainersNotReady}]}", "phase Running; its conditions are Ready=False (ContainersNotReady)"},
		{"pod that ended", "pods", "ready", "status: {phase: Succeeded}", "failed: phase Succeeded"},
		{"condition=False", "nodes", "condition=DiskPressure=False", "status: {conditions: [{type: DiskPressure, status: 'False', message: fine}]}", "met: DiskPressure is False: fine"},
		{"any kind", "widgets.example.org", "ready", "spec: {}", "it has no conditions"},
	} {
		u := new(unstructured.Unstructured)
		raw, err := yaml.YAMLToJSON([]byte("apiVersion: v1\nkind: X\n" + strings.Replace(tc.object, "\napiVersion: apps/v1\nkind: Deployment\n", "", 1)))
		if err == nil {
			err = u.UnmarshalJSON(raw)
		}
		if err != nil {
			t.Fatal(tc.name, err)
		}
		resource, group, _ := strings.Cut(tc.kind, ".")
		st := stateOf(target{kind: cluster.Kind{Group: group, Resource: resource}}, u, tc.what)
		got := st.Message
		if st.Met {
			got = "met: " + got
		}
		if st.Failed {
			got = "failed: " + got
		}
		if !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestProtectedNamespaces(t *testing.T) {
	for text, want := range map[string]string{
		"": "kube-system yes, prod-a no, dev no", "none": "kube-system no, prod-a no, dev no", "prod-*": "kube-system yes, prod-a yes, dev no", "[": "error",
	} {
		globs, err := protectedNamespaces(text)
		o, answers := &ops{protected: globs}, []string{}
		for _, name := range []string{"kube-system", "prod-a", "dev"} {
			_, yes := o.protects(name)
			answers = append(answers, name+map[bool]string{true: " yes", false: " no"}[yes])
		}
		got := strings.Join(answers, ", ")
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if !slices.Equal(protectedDefault, []string{"kube-system", "kube-public", "kube-node-lease"}) {
		t.Errorf("the default was changed: %v", protectedDefault)
	}
}

func TestTail(t *testing.T) {
	var out tail
	for i := range 40_000 {
		fmt.Fprintf(&out, "line %d\n", i)
	}
	text := out.String()
	if !strings.HasSuffix(text, "line 39999\n") || !strings.HasPrefix(text, "[") || len(text) > maxKept+100 || out.all() < 400_000 {
		t.Errorf("%d bytes of %d: %.100s", len(text), out.all(), text)
	}
	out = tail{}
	out.Write([]byte{0, 1, 0xff})
	if text := out.String(); text != "[3 bytes that are no text]\n" {
		t.Errorf("no text: %q", text)
	}
}
