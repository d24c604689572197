package kubernetes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/loom-core/loom/testbed"
)

// programs are the paths of what a cluster is made of.
type programs struct {
	kubebed, cell, pause, workload string // built
	containerd, ctr                string // found
}

// build builds what is built from this source tree: kubebed once into the cache,
// and the small ones into bin.
func build(ctx context.Context, h Host, bin string) (programs, error) {
	source, err := sourceDir(ctx)
	if err != nil {
		return programs{}, err
	}
	p := programs{
		cell: filepath.Join(bin, "cell"), pause: filepath.Join(bin, "pause"), workload: filepath.Join(bin, "workload"),
		containerd: find("containerd"), ctr: find("ctr"),
	}
	small := goBuild(ctx, source, "-ldflags=-s -w", "-o", bin+string(filepath.Separator), "./cmd/cell", "./cmd/pause", "./cmd/workload")
	if err := testbed.Show(small, h.Say); err != nil {
		return programs{}, fmt.Errorf("building cell, pause and workload: %w", err)
	}
	p.kubebed, err = buildKubebed(ctx, h, filepath.Join(source, "services", "kubernetes"))
	return p, err
}

// sourceDir is the folder of the testbed's module.
func sourceDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/loom-core/loom/testbed").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("finding the source of the testbed: %w: %s\nrun it inside the source tree", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// buildKubebed returns the path of kubebed, which is built once for each state of
// its sources and version of Go. Of two runs that need it, one builds and the
// other waits.
func buildKubebed(ctx context.Context, h Host, source string) (string, error) {
	flags := linked()
	sum, err := stateOf(source, flags)
	if err != nil {
		return "", fmt.Errorf("reading what kubebed is built from: %w", err)
	}
	place := filepath.Join(h.Cache, sum)
	path := filepath.Join(place, "kubebed")
	if err := os.MkdirAll(place, 0o755); err != nil {
		return "", fmt.Errorf("making the cache of the testbed: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(place, "lock"), func() { h.Say("waiting for another run, which builds kubebed") })
	if err != nil {
		return "", fmt.Errorf("locking the cache of the testbed: %w", err)
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	h.Say(fmt.Sprintf("building kubebed %s into %s, once: ten minutes when nothing of it was compiled before", Version, place))
	began := time.Now()
	half := path + ".half" // renamed when it is whole
	defer os.Remove(half)
	if err := testbed.Show(goBuild(ctx, source, "-p=2", "-mod=readonly", "-ldflags="+flags, "-o", half, "."), h.Say); err != nil {
		return "", fmt.Errorf("building kubebed: %w", err)
	}
	if err := os.Rename(half, path); err != nil {
		return "", fmt.Errorf("keeping kubebed: %w", err)
	}
	h.Say(fmt.Sprintf("built kubebed in %.0f s", time.Since(began).Seconds()))
	return path, nil
}

// goBuild is a go build in dir that gives way to the tests, and ends as a whole:
// a compiler must not go on when the build was cancelled.
func goBuild(ctx context.Context, dir string, args ...string) *exec.Cmd {
	args = append([]string{"-n", "15", "go", "build", "-trimpath"}, args...)
	cmd := exec.CommandContext(ctx, "nice", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// stateOf is a short name for the sources in dir and how they are built.
func stateOf(dir, flags string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", err
	}
	files = append(files, filepath.Join(dir, "go.mod"), filepath.Join(dir, "go.sum"))
	slices.Sort(files)
	sum := sha256.New()
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(file), len(raw), raw)
	}
	fmt.Fprint(sum, runtime.Version(), flags)
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// linked are the flags that make the parts know their version. Without them no
// client can parse it.
func linked() string {
	number := strings.Split(strings.TrimPrefix(Version, "v"), ".")
	flags := "-s -w"
	for _, pair := range []string{
		"gitVersion=" + Version, "gitMajor=" + number[0], "gitMinor=" + number[1], "gitTreeState=clean",
		"gitCommit=" + strings.Repeat("0", 40), "buildDate=1970-01-01T00:00:00Z",
	} {
		flags += " -X k8s.io/component-base/version." + pair
	}
	return flags
}

// lock takes a lock that goes with the process. waiting is called if it is taken.
func lock(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			f.Close()
			return nil, err
		}
		if first {
			waiting()
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		}
	}
}
