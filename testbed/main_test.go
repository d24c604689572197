package testbed_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loom-core/loom/core/fakeserver"
	"github.com/loom-core/loom/core/keyring/keyringtest"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/daemon/loomd"
	"github.com/loom-core/loom/proxy/cli"
	"github.com/loom-core/loom/testbed"
)

// The processes of a test are the test binary itself, started again under
// their names: go test needs nothing built before.
func TestMain(m *testing.M) {
	localsock.MachineForTest(filepath.Join(os.Getenv("HOME"), "..", "machine"))
	testscript.Main(testbed.Guarded{M: m}, map[string]func(){
		"loom":         func() { os.Exit(cli.Main(os.Args[1:])) },
		"loomd":        func() { os.Exit(loomd.Main(os.Args[1:])) },
		"mcp-fake":     func() { os.Exit(fakeserver.Main(os.Args[1:])) },
		"loom-keyring": func() { os.Exit(keyringtest.Run()) },
	})
}

// options are those of a world whose @fake is the server with bad habits.
func options(t testbed.T) testbed.Options {
	t.Helper()
	path := func(name string) string {
		p, err := exec.LookPath(name)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return p
	}
	return testbed.Options{Loom: path("loom"), Loomd: path("loomd"), Names: map[string]string{"fake": path("mcp-fake")}}
}

// fake is a registry with one server, which keeps a journal.
const fake = `
servers:
  fake:
    command: @fake
    args: [--journal, @home/journal]
    share: global
    concurrency: 16
`

// uncapped is fake without bounds on its results.
const uncapped = fake + `
    max_result_bytes: 0
    max_structured_bytes: 0
`

// newWorld is a world with that registry. Its test runs beside others.
func newWorld(t *testing.T, registry string) *testbed.World {
	t.Helper()
	t.Parallel()
	w := testbed.New(t, options(t))
	w.Registry(registry)
	return w
}
