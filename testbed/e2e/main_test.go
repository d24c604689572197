package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// bin is the folder with the programs of ours, as make build builds them.
var bin string

var (
	runsMu sync.Mutex
	runs   []run
)

func TestMain(m *testing.M) { os.Exit(main(m)) }

func main(m *testing.M) int {
	if os.Getenv("LOOM_E2E") == "" {
		return m.Run() // every test skips itself, with the reason
	}
	dir, err := os.MkdirTemp("", "loom-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	bin = dir
	remove := func() { os.RemoveAll(dir) }
	defer remove()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := testbed.Build(ctx, say, bin, testbed.Loom, testbed.Loomd, testbed.Prometheus); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	stop()
	code := testbed.Guarded{M: m, Also: remove}.Run()
	printTable(runs)
	return code
}

func say(line string) { fmt.Println(line) }

// gate skips a test that was not asked for.
func gate(t *testing.T) {
	t.Helper()
	if os.Getenv("LOOM_E2E") == "" {
		t.Skip("needs a real upstream, which takes minutes to build: make e2e")
	}
}

// record adds a line to the table when t ends.
func record(t *testing.T, r *run) {
	t.Cleanup(func() {
		r.failed = t.Failed()
		runsMu.Lock()
		defer runsMu.Unlock()
		runs = append(runs, *r)
	})
}
