package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/containers"
	"github.com/loom-core/loom/testbed/local"
	"github.com/loom-core/loom/testbed/service"
)

// bed has the services; it is nil when nobody asked for them.
var bed *service.Bed

// gated is true when a test that needs a service was run.
var gated atomic.Bool

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv("LOOM_E2E") == "" {
		return m.Run() // every test skips itself, with the reason
	}
	var err error
	bed, err = service.Open(service.Options{Providers: []service.Provider{containers.Provider(), local.Provider()}, Also: testbed.EndAll})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return bed.Run(some{m})
}

// some is the tests, of which at least one has to be run: a -run that fits none
// would be a success.
type some struct{ m *testing.M }

func (s some) Run() int {
	code := s.m.Run()
	if wanted := flag.Lookup("test.run").Value.String(); code == 0 && !gated.Load() {
		fmt.Printf("no test of a service is named like %s\n", wanted)
		return 1
	}
	return code
}

// gate skips a test that was not asked for.
func gate(t *testing.T) {
	t.Helper()
	if bed == nil {
		t.Skip("needs a real upstream, which takes minutes to build: make e2e")
	}
	gated.Store(true)
}

// use is where a service answers, which is started if need be.
func use(t *testing.T, name string) service.Endpoint {
	t.Helper()
	gate(t)
	return bed.Use(t, name)
}

// programs builds what is ours, once for all tests that need it.
var programs = sync.OnceValues(func() (dir string, err error) {
	dir = filepath.Join(bed.Temp(), "bin")
	return dir, testbed.Build(bed.Context(), bed.Say, dir, testbed.Loom, testbed.Loomd, testbed.Loki, testbed.Prometheus, testbed.K8s, testbed.K8sOps, testbed.Gitea, testbed.GitHub, testbed.GitLab)
})

// newWorld is a world with real programs and that registry.
func newWorld(t *testing.T, registry string) *testbed.World {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	w := testbed.New(t, testbed.Options{Loom: filepath.Join(bin, "loom"), Loomd: filepath.Join(bin, "loomd")})
	w.Registry(registry)
	return w
}
