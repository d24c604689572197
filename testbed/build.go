package testbed

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/loom-core/loom/testbed/run"
)

// Program is a main package of the product or of the testbed.
type Program struct {
	Name, Module, Dir string
	Version           string // that is linked in; empty: none
	Static            bool   // runs where there is no C library, and has no symbols
}

// The programs that are built for the demo and for the suites with real
// upstreams. Tests without an upstream need none: they are loom and loomd.
var (
	Loom       = Program{Name: "loom", Module: "github.com/loom-core/loom/proxy", Dir: "cmd/loom"}
	Loomd      = Program{Name: "loomd", Module: "github.com/loom-core/loom/daemon", Dir: "cmd/loomd"}
	Keyring    = Program{Name: "loom-keyring", Module: "github.com/loom-core/loom/daemon", Dir: "cmd/loom-keyring"}
	Scan       = Program{Name: "loom-scan", Module: "github.com/loom-core/loom/proxy/cmd/loom-scan", Dir: "."}
	Git        = Program{Name: "mcp-git", Module: "github.com/loom-core/loom/servers/mcp-git", Dir: "."}
	Loki       = Program{Name: "mcp-loki", Module: "github.com/loom-core/loom/servers/mcp-loki", Dir: "."}
	K8s        = Program{Name: "mcp-k8s", Module: "github.com/loom-core/loom/servers/mcp-k8s", Dir: "."}
	K8sOps     = Program{Name: "mcp-k8s-ops", Module: "github.com/loom-core/loom/servers/mcp-k8s-ops", Dir: "."}
	Gitea      = Program{Name: "mcp-gitea", Module: "github.com/loom-core/loom/servers/mcp-gitea", Dir: "."}
	GitHub     = Program{Name: "mcp-github", Module: "github.com/loom-core/loom/servers/mcp-github", Dir: "."}
	GitLab     = Program{Name: "mcp-gitlab", Module: "github.com/loom-core/loom/servers/mcp-gitlab", Dir: "."}
	Prometheus = Program{Name: "mcp-prometheus", Module: "github.com/loom-core/loom/servers/mcp-prometheus", Dir: "."}
)

// slow is after how long of silence a build says that it still goes on.
const slow = 5 * time.Second

// Build puts programs into the folder bin, with the versions of their own
// go.mod, as make build does. say is told what is being done.
func Build(ctx context.Context, say func(line string), bin string, programs ...Program) error {
	for _, p := range programs {
		say("building " + p.Name)
		out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", p.Module).CombinedOutput()
		if err != nil {
			return fmt.Errorf("finding module %s: %w: %s\nrun it inside the source tree", p.Module, err, out)
		}
		args := []string{"build", "-trimpath", "-buildvcs=false", "-tags", "kustomize_disable_go_plugin_support", "-o", bin + string(filepath.Separator)}
		env := append(os.Environ(), "GOWORK=off")
		if p.Version != "" {
			args = append(args, "-ldflags", "-X github.com/loom-core/loom/core/version.Linked="+p.Version)
		}
		if p.Static {
			args, env = append(args, "-ldflags", "-s -w"), append(env, "CGO_ENABLED=0")
		}
		cmd := exec.CommandContext(ctx, "go", append(args, ".")...)
		cmd.Dir, cmd.Env, cmd.SysProcAttr = filepath.Join(strings.TrimSpace(string(out)), p.Dir), env, run.Group()
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // the compilers with go
		if err := Show(cmd, say); err != nil {
			return fmt.Errorf("building %s: %w", p.Name, err)
		}
	}
	return nil
}

// Show runs cmd and passes on what it says on stderr, and when it has been
// silent for a while that it goes on.
func Show(cmd *exec.Cmd, say func(line string)) error {
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
				say(fmt.Sprintf("  still building (%.0f s)", time.Since(began).Seconds()))
			case <-ended:
				return
			}
		}
	})
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		silence.Reset(slow)
		say("  " + lines.Text())
	}
	err = cmd.Wait()
	close(ended)
	patience.Wait()
	return err
}
