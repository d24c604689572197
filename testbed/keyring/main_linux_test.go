package keyring

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// program is loom-keyring, as make build builds it.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv("LOOM_KEYRING") == "" {
		return m.Run() // every test skips itself, with the reason
	}
	bin, err := os.MkdirTemp("", "loom-keyring-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	remove := func() { os.RemoveAll(bin) }
	defer remove()
	say := func(line string) { fmt.Println(line) }
	if err := testbed.Build(context.Background(), say, bin, testbed.Keyring); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	program = filepath.Join(bin, testbed.Keyring.Name)
	return testbed.Guarded{M: m, Also: func() { endHomes(); remove() }}.Run()
}

// needs skips a test that was not asked for, or whose programs are not here.
// Where make keyring installed them, that they are missing is a failure. The
// others run beside each other: each has a home of its own.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	if os.Getenv("LOOM_KEYRING") == "" {
		t.Skip("needs real keyrings: make keyring")
	}
	for _, name := range programs {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("LOOM_KEYRING") == "installed" {
			t.Fatalf("%s was to be installed and is not on PATH", name)
		}
		t.Skipf("needs %s, which make keyring installs where it may", name)
	}
	t.Parallel()
}
