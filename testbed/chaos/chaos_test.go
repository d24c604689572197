package chaos

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loom-core/loom/core/fakeserver"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/daemon/loomd"
	"github.com/loom-core/loom/proxy/cli"
	"github.com/loom-core/loom/testbed"
)

func TestMain(m *testing.M) {
	localsock.MachineForTest(filepath.Join(os.Getenv("HOME"), "..", "machine"))
	testscript.Main(testbed.Guarded{M: m}, map[string]func(){
		"loom":     func() { os.Exit(cli.Main(os.Args[1:])) },
		"loomd":    func() { os.Exit(loomd.Main(os.Args[1:])) },
		"mcp-fake": func() { os.Exit(fakeserver.Main(os.Args[1:])) },
	})
}

// TestChaos: whatever breaks, every request ends once and rightly, and nothing
// stays behind.
func TestChaos(t *testing.T) {
	if os.Getenv("LOOM_CHAOS") == "" {
		t.Skip("breaks things for minutes: make chaos runs this test")
	}
	o := Options{Seed: rand.Uint64(), Duration: 10 * time.Minute, Trace: os.Getenv("LOOM_CHAOS") == "trace"}
	var err error
	if text := os.Getenv("SEED"); text != "" {
		if o.Seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SEED: %v", err)
		}
	}
	if text := os.Getenv("DURATION"); text != "" {
		if o.Duration, err = time.ParseDuration(text); err != nil {
			t.Fatalf("DURATION: %v", err)
		}
	}
	t.Logf("make chaos SEED=%d DURATION=%s", o.Seed, o.Duration)
	path := func(name string) string {
		p, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	o.World = testbed.Options{Loom: path("loom"), Loomd: path("loomd"), Names: map[string]string{"fake": path("mcp-fake")}}
	Run(t, o)
}

// TestPlan: a seed gives the same steps each time, and another seed others.
func TestPlan(t *testing.T) {
	steps := func(seed uint64, worker int) (all []step) {
		p := newPlan(seed, 1, worker)
		for range 100 {
			all = append(all, p.next())
		}
		return all
	}
	a, b, other, another := steps(1, 1), steps(1, 1), steps(2, 1), steps(1, 2)
	same := 0
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("step %d is %+v and then %+v", i, a[i], b[i])
		}
		if a[i] == other[i] || a[i] == another[i] {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d steps are the same with another seed or worker", same)
	}
}
