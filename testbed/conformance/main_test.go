package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/daemon/loomd"
	"github.com/loom-core/loom/proxy/cli"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/conformance/fixture"
)

// The processes of a test are the test binary itself, started again under
// their names.
func TestMain(m *testing.M) {
	localsock.MachineForTest(filepath.Join(os.Getenv("HOME"), "..", "machine"))
	testscript.Main(testbed.Guarded{M: m}, map[string]func(){
		"loom":            func() { os.Exit(cli.Main(os.Args[1:])) },
		"loomd":           func() { os.Exit(loomd.Main(os.Args[1:])) },
		"mcp-conformance": func() { os.Exit(fixture.Main(os.Args[1:])) },
	})
}

// program is a name of TestMain as a path.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// npm is the folder of the packages that testbed/clients pins.
func npm(t *testing.T) string {
	t.Helper()
	if os.Getenv("LOOM_CONFORMANCE") == "" {
		t.Skip("needs npm packages: make conformance installs them and runs this test")
	}
	dir, err := filepath.Abs(filepath.Join("..", "clients", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// newWorld is a world whose one server is seen as it is: a client gets its
// names, its capabilities and its instructions.
func newWorld(t *testing.T, name, entry string) *testbed.World {
	t.Helper()
	w := testbed.New(t, testbed.Options{
		Loom: program(t, "loom"), Loomd: program(t, "loomd"),
		Names: map[string]string{"fixture": program(t, "mcp-conformance")},
	})
	w.Registry("servers:\n  " + name + ": {" + entry + "}\nprofiles:\n  default: {servers: [" + name + "], names: bare}\n")
	return w
}
