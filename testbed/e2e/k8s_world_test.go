package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/kube"
	"github.com/loom-core/loom/testbed/service"
)

// reader is who mcp-k8s is on the cluster: the ServiceAccount of deploy/kubernetes.
const reader = "system:serviceaccount:loom:mcp-k8s"

// lab is a cluster, its administrator, and mcp-k8s behind Loom.
type lab struct {
	t     *testing.T
	at    service.Endpoint
	admin client
	world *testbed.World
	*testbed.Client

	took []time.Duration // of calls
}

// newLab has mcp-k8s run with the rights that deploy/kubernetes/rbac gives it. The
// kubeconfig has the contexts reader and outsider. env are more of its settings.
func newLab(t *testing.T, env map[string]string) *lab {
	t.Helper()
	l := newCluster(t)
	l.apply("../../deploy/kubernetes/rbac/mcp-k8s.yaml")
	l.open("mcp-k8s", env)
	return l
}

// newCluster is a lab without a server.
func newCluster(t *testing.T) *lab {
	t.Helper()
	at := use(t, "kubernetes")
	l := &lab{t: t, at: at, admin: as(t, at.Kubeconfig, kube.Admin)}
	t.Cleanup(func() {
		if n := len(l.took); n > 0 {
			slices.Sort(l.took)
			t.Logf("%d calls of mcp-k8s took %s (p50), %s (p95), %s (most)", n, l.took[n/2], l.took[n*95/100], l.took[n-1])
		}
	})
	l.admin.config.QPS = -1 // a test makes many objects
	var err error
	if l.admin.Clientset, err = kubernetes.NewForConfig(l.admin.config); err != nil {
		t.Fatal(err)
	}
	return l
}

// open starts mcp-k8s as a ServiceAccount of the namespace loom.
func (l *lab) open(account string, env map[string]string) {
	l.t.Helper()
	raw, err := json.Marshal(withDefault(env, "KUBECONFIG", l.kubeconfig(account)))
	if err != nil {
		l.t.Fatal(err)
	}
	l.world = newWorld(l.t, fmt.Sprintf("servers:\n  k8s: {from: shipped, client_env: [], env: %s}\n", raw))
	l.Client = l.world.Connect(testbed.ClientOptions{})
}

func withDefault(env map[string]string, name, value string) map[string]string {
	all := map[string]string{name: value}
	for k, v := range env {
		all[k] = v
	}
	return all
}

// apply creates what a file has, as an administrator would.
func (l *lab) apply(path string) {
	l.t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		l.t.Fatal(err)
	}
	l.create(string(raw), "")
}

// create creates objects of some YAML. What exists already is left.
func (l *lab) create(text, namespace string) {
	l.t.Helper()
	any, err := dynamic.NewForConfig(l.admin.config)
	if err != nil {
		l.t.Fatal(err)
	}
	ctx := context.WithoutCancel(l.t.Context()) // cleanups create, too
	d := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		var o unstructured.Unstructured
		if err := d.Decode(&o.Object); err == io.EOF {
			return
		} else if err != nil {
			l.t.Fatal(err)
		}
		if o.Object == nil {
			continue
		}
		gvk := o.GroupVersionKind()
		plural := strings.ToLower(gvk.Kind) + "s"
		if strings.HasSuffix(gvk.Kind, "ss") {
			plural = strings.ToLower(gvk.Kind) + "es"
		}
		of := any.Resource(schema.GroupVersionResource{Group: gvk.Group, Version: gvk.Version, Resource: plural})
		in := dynamic.ResourceInterface(of)
		if o.GetNamespace() != "" || namespace != "" {
			in = of.Namespace(orElse(o.GetNamespace(), namespace))
		}
		if _, err := in.Create(ctx, &o, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			l.t.Fatalf("creating %s %s: %v", gvk.Kind, o.GetName(), err)
		}
	}
}

func orElse(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

// namespace makes one, which is deleted with the test.
func (l *lab) namespace(name string) string {
	l.t.Helper()
	spaces := l.admin.CoreV1().Namespaces()
	if _, err := spaces.Create(l.t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { // nobody waits for the end
		_ = spaces.Delete(context.Background(), name, metav1.DeleteOptions{})
	})
	eventually(l.t, "pods can be made in "+name, func() bool {
		_, err := l.admin.CoreV1().ServiceAccounts(name).Get(l.t.Context(), "default", metav1.GetOptions{})
		return err == nil
	})
	return name
}

// kubeconfig is that of the cluster, with the context reader first and without
// the administrator.
func (l *lab) kubeconfig(account string) string {
	l.t.Helper()
	hour := int64(time.Hour / time.Second)
	token, err := l.admin.CoreV1().ServiceAccounts("loom").CreateToken(l.t.Context(), account,
		&authv1.TokenRequest{Spec: authv1.TokenRequestSpec{ExpirationSeconds: &hour}}, metav1.CreateOptions{})
	if err != nil {
		l.t.Fatal(err)
	}
	config, err := clientcmd.LoadFromFile(l.at.Kubeconfig)
	if err != nil {
		l.t.Fatal(err)
	}
	cluster := config.Contexts[kube.Admin].Cluster
	delete(config.Contexts, kube.Admin)
	delete(config.AuthInfos, kube.Admin)
	config.AuthInfos["reader"] = &api.AuthInfo{Token: token.Status.Token}
	config.Contexts["reader"] = &api.Context{Cluster: cluster, AuthInfo: "reader"}
	config.CurrentContext = "reader"
	path := filepath.Join(l.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		l.t.Fatal(err)
	}
	return path
}

// text calls a tool that must succeed.
func (l *lab) text(tool, format string, a ...any) string {
	l.t.Helper()
	f := l.timed(tool, fmt.Sprintf(format, a...))
	if f.Err() != nil || f.IsError() {
		l.t.Fatalf("%s %s: %s", tool, fmt.Sprintf(format, a...), f)
	}
	return f.Text()
}

// fails calls a tool that must not succeed, and returns what it says.
func (l *lab) fails(tool, format string, a ...any) string {
	l.t.Helper()
	f := l.timed(tool, fmt.Sprintf(format, a...))
	if f.Err() != nil || !f.IsError() {
		l.t.Fatalf("%s %s is no error: %s", tool, fmt.Sprintf(format, a...), f)
	}
	return f.Text()
}

// timed calls a tool.
func (l *lab) timed(tool, arguments string) testbed.Frame {
	l.t.Helper()
	began := time.Now()
	f := l.Call("k8s__"+tool, arguments)
	l.took = append(l.took, time.Since(began))
	return f
}

// contains checks that a text has all of these.
func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("want %q in\n%s", w, text)
		}
	}
}
