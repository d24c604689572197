package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// patience is how long dockerd gets until it answers. The very first time it
// takes some seconds.
const patience = time.Minute

// Start starts the engine, unless it runs, and returns when it answers.
func (e Engine) Start(ctx context.Context, say func(line string)) error {
	if err := e.can(); err != nil {
		return err
	}
	lock, err := e.hold()
	if errors.Is(err, errRuns) {
		return e.answers(ctx, nil) // somebody else may be starting it
	}
	if err != nil {
		return err
	}
	defer lock.Close() // the engine has it then
	if err := e.clear(); err != nil {
		return err
	}
	if err := buildRunc(ctx, e.path("runc")); err != nil {
		return err
	}
	if err := e.network(); err != nil {
		return err
	}
	say("starting dockerd, which writes to " + e.log())
	ended, err := e.launch(lock)
	if err == nil {
		err = e.answers(ctx, ended)
	}
	if err == nil {
		err = e.empty(ctx)
	}
	if err != nil {
		lock.Close()
		return errors.Join(err, e.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

// can says why no engine can run here.
func (e Engine) can() error {
	if os.Getuid() != 0 {
		return errors.New("a Docker engine needs root: use one that is there (DOCKER_HOST), or LOOM_TESTBED=local")
	}
	var missing []string
	for _, p := range [][2]string{{"dockerd", "docker.io"}, {"containerd", "containerd"}, {"runc", "runc"}, {"iptables", "iptables"}} {
		if _, err := exec.LookPath(p[0]); err != nil {
			missing = append(missing, p[1])
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("a Docker engine needs packages that are not installed: apt-get install --no-install-recommends %s", strings.Join(missing, " "))
	}
	if path := filepath.Join(e.Dir, longest); len(path) > socketPath {
		return fmt.Errorf("%s is too long for the path of a socket: set LOOM_TESTBED_CACHE to a shorter folder", path)
	}
	return nil
}

// buildRunc builds the runtime that leaves out what the machine does not grant.
func buildRunc(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, "github.com/loom-core/loom/testbed/cmd/testbed-runc")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the engine's runtime: %w: %s\nrun it inside the source tree", err, out)
	}
	return nil
}

// network makes the first bridge, and notes whose it is before that.
func (e Engine) network() error {
	own, err := freeSubnets()
	if err != nil {
		return err
	}
	if err := os.WriteFile(e.path("subnets"), []byte(own.String()), 0o600); err != nil {
		return fmt.Errorf("noting the addresses of the engine: %w", err)
	}
	return addBridge(e.name(), own.bridge())
}

// subnets are those that network noted.
func (e Engine) subnets() (subnets, error) {
	text, err := os.ReadFile(e.path("subnets"))
	if err != nil {
		return subnets{}, fmt.Errorf("finding the addresses of the engine: %w", err)
	}
	own, err := netip.ParsePrefix(string(text))
	return subnets(own), err
}

// launch starts the first process of the engine: see [Enter]. It outlives us.
func (e Engine) launch(lock *os.File) (<-chan struct{}, error) {
	log, err := os.Create(e.log())
	if err != nil {
		return nil, fmt.Errorf("making the engine's log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", log, log
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + e.Dir, "LANG=C.UTF-8", variable + "=" + e.Dir}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} { // for docker pull
		if value := os.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the engine in namespaces of its own: %w", err)
	}
	if err := os.WriteFile(e.path("pid"), fmt.Appendln(nil, cmd.Process.Pid), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("noting the process of the engine: %w", err), cmd.Process.Kill())
	}
	ended := make(chan struct{})
	go func() { // ends with the engine, or with us
		cmd.Wait()
		close(ended)
	}()
	return ended, nil
}

// answers waits until the engine does.
func (e Engine) answers(ctx context.Context, ended <-chan struct{}) error {
	give := time.After(patience)
	for {
		err := ping(ctx, e.Host())
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("the engine does not start. It wrote last:\n%s", e.lastLines())
		case <-give:
			return fmt.Errorf("the engine does not answer after %s: %w. It wrote last:\n%s", patience, err, e.lastLines())
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
