package kubernetes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	service "github.com/loom-core/loom/testbed/service/kubernetes"
)

// host is where the clusters of this run live.
var host service.Host

func TestMain(m *testing.M) { os.Exit(main(m)) }

func main(m *testing.M) int {
	if os.Getenv("LOOM_E2E") == "" {
		return m.Run() // every test skips itself, with the reason
	}
	dir, err := os.MkdirTemp("", "loom-e2e-kubernetes-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cache := os.Getenv("LOOM_TESTBED_CACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		cache = filepath.Join(home, ".cache", "loom-testbed")
	}
	host = service.Host{Dir: dir, Cache: cache, Say: func(line string) { fmt.Println(line) }, Owned: func(int) {}}
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
	has []*service.Cluster
}

func (l *list) add(c *service.Cluster) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.has = append(l.has, c)
}

func (l *list) all() []*service.Cluster {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.has)
}

// start starts a cluster in a folder of its own, for the length of the test.
func start(t *testing.T, c *service.Cluster, name string) service.Endpoint {
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
	end, err := c.Start(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// patience is how long anything in the cluster is waited for: ten times what it
// takes on an idle machine.
const patience = 2 * time.Minute

// eventually waits until is returns true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	eventuallyOr(t, is, func() string { return what })
}

// eventuallyOr is eventually with a message that is made at the end.
func eventuallyOr(t *testing.T, is func() bool, what func() string) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain: %s", patience, what())
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
