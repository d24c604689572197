package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/service"
)

// commands are the shell commands of a page in docs/servers, by block, with the
// namespace of the test in place of the one in the page.
func commands(t *testing.T, page, namespace string) (blocks []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "servers", page))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(raw), "```sh\n")
	for ; found; _, rest, found = strings.Cut(rest, "```sh\n") {
		block, _, _ := strings.Cut(rest, "```")
		blocks = append(blocks, strings.NewReplacer("-n shop", "-n "+namespace, "namespace=shop", "namespace="+namespace, "/shop/", "/"+namespace+"/").Replace(block))
	}
	return blocks
}

// kubectl is a folder with the program in it: that of the local cluster, or what
// the user has.
func kubectl(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	cache, err := service.Cache()
	if err != nil {
		t.Fatal(err)
	}
	built, _ := filepath.Glob(filepath.Join(cache, "kubernetes-*", "kubernetes")) // the pattern is good
	if len(built) == 0 {
		path, err := exec.LookPath("kubectl")
		if err != nil {
			t.Skip("needs kubectl: that of the local provider, or one on PATH")
		}
		built = []string{path}
	}
	if err := os.Symlink(built[0], filepath.Join(dir, "kubectl")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// terminal is a shell of a user who administers the cluster, at the root of the
// repository.
type terminal struct {
	l       *lab
	path    string // PATH
	dir     string
	kubectl string
}

func newTerminal(l *lab) *terminal {
	l.t.Helper()
	bin, err := programs()
	if err != nil {
		l.t.Fatal(err)
	}
	at := &terminal{l: l, dir: l.t.TempDir(), kubectl: kubectl(l.t)}
	at.path = strings.Join([]string{at.kubectl, bin, os.Getenv("PATH")}, string(os.PathListSeparator))
	deploy, err := filepath.Abs("../../deploy")
	if err != nil {
		l.t.Fatal(err)
	}
	if err := os.Symlink(deploy, filepath.Join(at.dir, "deploy")); err != nil {
		l.t.Fatal(err)
	}
	raw, err := os.ReadFile(l.at.Kubeconfig)
	if err != nil {
		l.t.Fatal(err)
	}
	l.world.WriteFile(".kube/config", string(raw))
	return at
}

// run runs commands, the first of which that fails ends it.
func (at *terminal) run(script string) {
	at.l.t.Helper()
	ctx, cancel := context.WithTimeout(at.l.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-e")
	cmd.Dir, cmd.Env, cmd.Stdin = at.dir, append(at.l.world.Environ(), "PATH="+at.path), strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		at.l.t.Fatalf("%v\n%s\n%s", err, script, out)
	}
}

// TestK8sQuickStart does what docs/servers/mcp-k8s.md says, word for word.
func TestK8sQuickStart(t *testing.T) {
	l := newCluster(t)
	ns := l.namespace("k8s-quick")
	blocks := commands(t, "mcp-k8s.md", ns)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d blocks of commands", len(blocks))
	}
	l.world = newWorld(t, "servers:\n  k8s: {from: shipped}\n")
	at := newTerminal(l)
	at.run(blocks[0])
	l.Client = l.world.Connect(testbed.ClientOptions{Env: []string{"KUBECONFIG=" + filepath.Join(l.world.Home, ".kube", "loom")}})
	contains(t, l.text("get_cluster_overview", `{}`), "context: loom", "version: ")
	contains(t, l.text("list_resources", `{"kind":"cm","namespace":%q}`, ns), "kube-root-ca.crt")
	contains(t, l.fails("list_resources", `{"kind":"secrets","namespace":%q}`, ns), "ERROR permission_denied")

	// The rights of one namespace, in place of those of all.
	t.Cleanup(func() { l.apply("../../deploy/kubernetes/rbac/mcp-k8s.yaml") })
	at.run(blocks[1])
	eventually(t, "the rights are those of one namespace", func() bool {
		return l.Call("k8s__list_resources", `{"kind":"cm","namespace":"default"}`).IsError()
	})
	contains(t, l.text("list_resources", `{"kind":"cm","namespace":%q}`, ns), "kube-root-ca.crt")
	contains(t, l.text("diagnose_workload", `{"namespace":%q}`, ns), "healthy: true")
	for _, denied := range []string{`{"kind":"cm","namespace":"default"}`, `{"kind":"cm","all_namespaces":true}`, `{"kind":"nodes"}`, `{"kind":"secrets","namespace":"` + ns + `"}`} {
		contains(t, l.fails("list_resources", "%s", denied), "ERROR permission_denied")
	}
}

// TestK8sOpsQuickStart does the same for docs/servers/mcp-k8s-ops.md.
func TestK8sOpsQuickStart(t *testing.T) {
	l := newCluster(t)
	ns := l.namespace("ops-quick")
	blocks := commands(t, "mcp-k8s-ops.md", ns)
	if len(blocks) != 1 {
		t.Fatalf("the page has %d blocks of commands", len(blocks))
	}
	l.world = newWorld(t, "servers: {}\n")
	newTerminal(l).run(blocks[0])
	l.Client = l.world.Connect(testbed.ClientOptions{Env: []string{"KUBECONFIG=" + filepath.Join(l.world.Home, ".kube", "loom-ops")}})
	call := func(namespace string) testbed.Frame {
		return l.Call("k8s-ops__apply_manifest", args("manifest", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site}\ndata: {a: b}\n", "namespace", namespace))
	}
	eventually(t, "the right is there", func() bool { return !call(ns).IsError() })
	if f := call(ns); !strings.Contains(f.Text(), "confirm") {
		t.Errorf("a plan: %s", f)
	}
	if f := call("default"); !f.IsError() || !strings.Contains(f.Text(), "permission_denied") {
		t.Errorf("another namespace: %s", f)
	}
}
