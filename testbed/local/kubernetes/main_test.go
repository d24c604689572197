package kubernetes

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/kube"
	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
)

// host is where the clusters of this run live.
var host service.Host

func TestMain(m *testing.M) { os.Exit(main(m)) }

func main(m *testing.M) int {
	if os.Getenv("LOOM_E2E") == "" {
		return m.Run() // every test that needs a cluster skips itself, with the reason
	}
	cache, err := service.Cache()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	host = service.Host{Cache: cache, Say: func(line string) { fmt.Println(line) }, Owned: func(int) {}, Undo: func(...string) error { return nil }}
	if host.Dir = os.Getenv(alone); host.Dir != "" { // the other one removes it
		fmt.Fprintln(os.Stderr, standAlone(context.Background()))
		return 1
	}
	dir, err := os.MkdirTemp("", "loom-kubernetes-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	host.Dir = dir
	remove := func() {
		for _, c := range clusters.all() {
			c.Stop(context.Background()) // nobody writes to the folder then
		}
		os.RemoveAll(dir)
	}
	defer remove()
	return testbed.Guarded{M: m, Also: remove}.Run()
}

// clusters are those that were started.
var clusters list

type list struct {
	mu  sync.Mutex
	has []*Cluster
}

func (l *list) add(c *Cluster) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.has = append(l.has, c)
}

func (l *list) all() []*Cluster {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.has)
}

// start starts a cluster in a folder of its own, for the length of the test.
func start(t *testing.T, c *Cluster, name string) {
	t.Helper()
	clusters.add(c)
	h := host
	h.Dir = filepath.Join(host.Dir, name)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Kubernetes wrote:\n%s", c.Logs())
		}
		if err := c.Stop(context.Background()); err != nil {
			t.Errorf("stopping Kubernetes: %v", err)
		}
	})
	if _, err := c.Start(t.Context(), h); err != nil {
		t.Fatal(err)
	}
}

// kubectl is the one that is in kubebed.
func kubectl(ctx context.Context, c *Cluster, args ...string) (string, error) {
	kubebed, err := program.Kubernetes.Build(ctx, host.Cache, host.Say, host.Owned)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, kubebed, append([]string{"kubectl", "--kubeconfig", c.path("kubeconfig")}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.path("tmp")} // it keeps a cache there
	out, err := cmd.Output()
	return string(out), err
}

// runPod runs a pod called left and waits until it is ready.
func runPod(ctx context.Context, c *Cluster) error {
	for _, args := range [][]string{
		{"run", "left", "--image", kube.WorkloadImage, "--image-pull-policy", "Never"},
		{"wait", "pod/left", "--for", "condition=Ready", "--timeout", "2m"},
	} {
		if out, err := kubectl(ctx, c, args...); err != nil {
			return fmt.Errorf("kubectl %v: %w: %s", args, err, out)
		}
	}
	return nil
}

// eventuallyOr waits until is returns true, and says what if it does not.
func eventuallyOr(t *testing.T, is func() bool, what func() string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what())
		}
	}
}

// gate skips a test that was not asked for.
func gate(t *testing.T) {
	t.Helper()
	if os.Getenv("LOOM_E2E") == "" {
		t.Skip("needs a real Kubernetes, which takes minutes to build: make e2e")
	}
}
