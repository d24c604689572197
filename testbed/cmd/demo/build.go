package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// mains are the modules and packages of the three binaries.
var mains = []struct{ name, module, dir string }{
	{"loom", "github.com/loom-core/loom/proxy", "cmd/loom"},
	{"loomd", "github.com/loom-core/loom/daemon", "cmd/loomd"},
	{"mcp-git", "github.com/loom-core/loom/servers/mcp-git", "."},
}

// slow is after how long of silence a build says that it still goes on.
const slow = 5 * time.Second

// build builds the three into a folder that goes away at the end, with the
// versions of their own go.mod, as make build does.
func build(ctx context.Context, s *stage) (dir string) {
	dir, err := os.MkdirTemp("", "loom-demo-")
	if err != nil {
		s.Fatalf("making a folder for the binaries: %v", err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	began := time.Now()
	for _, m := range mains {
		fmt.Printf("building %s\n", m.name)
		out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", m.module).CombinedOutput()
		if err != nil {
			s.Fatalf("finding module %s: %v: %s\nrun it from the top of the source tree", m.module, err, out)
		}
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", dir+string(filepath.Separator), ".")
		cmd.Dir = filepath.Join(strings.TrimSpace(string(out)), m.dir)
		cmd.Env = append(os.Environ(), "GOWORK=off")
		if err := show(cmd); err != nil {
			select { // ^C reaches the compiler too, and maybe first
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
			s.Fatalf("building %s: %v", m.name, err)
		}
	}
	fmt.Printf("built in %.1f s\n\n", time.Since(began).Seconds())
	return dir
}

// show runs cmd and prints what it says, and that it goes on when it is silent.
func show(cmd *exec.Cmd) error {
	said, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	began := time.Now()
	silence := time.NewTicker(slow)
	defer silence.Stop()
	ended := make(chan struct{})
	var patience sync.WaitGroup
	patience.Go(func() { // ends with the command
		for {
			select {
			case <-silence.C:
				fmt.Printf("  still building (%.0f s)\n", time.Since(began).Seconds())
			case <-ended:
				return
			}
		}
	})
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		silence.Reset(slow)
		fmt.Println("  " + lines.Text())
	}
	err = cmd.Wait()
	close(ended)
	patience.Wait()
	return err
}
