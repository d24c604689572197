package program

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/loom-core/loom/testbed/run"
)

// Program is the program of a service, built from a nested module.
type Program struct {
	Name    string        // of the binary, and of the module's folder in testbed/services
	Version string        // that it says it is
	Package string        // its main package
	Tags    string        // of the build
	Flags   string        // for the linker
	C       bool          // it is built with the C compiler
	Folders []string      // of its module: what it reads when it runs, kept beside the binary
	Work    time.Duration // of one core, when nothing of it was compiled before
}

// Build returns the path of the binary in cache, which is built once for each
// state of its go.mod and go.sum and each Go. owned is told of the compiler's
// process group.
func (p Program) Build(ctx context.Context, cache string, say func(line string), owned func(pid int)) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/loom-core/loom/testbed").Output()
	if err != nil {
		return "", fmt.Errorf("finding the modules of the services: %w\nrun it inside the source tree", err)
	}
	return p.build(ctx, filepath.Join(strings.TrimSpace(string(out)), "services", p.Name), cache, say, owned)
}

func (p Program) build(ctx context.Context, module, cache string, say func(string), owned func(int)) (string, error) {
	key, err := p.key(module)
	if err != nil {
		return "", err
	}
	place := filepath.Join(cache, p.Name+"-"+key)
	path := filepath.Join(place, p.Name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(place, 0o755); err != nil {
		return "", fmt.Errorf("making the cache of the testbed: %w", err)
	}
	unlock, err := Lock(ctx, filepath.Join(place, "lock"), func() { say("another run is building it: waiting") })
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil // the other one has
	}
	if p.C {
		if _, err := exec.LookPath(compiler()); err != nil {
			return "", fmt.Errorf("building %s needs a C compiler: apt-get install gcc libc6-dev, or xcode-select --install: %w", p.Name, err)
		}
	}
	// Everything is made in half and taken out of it, the binary last. What is in
	// it now is of a build that died.
	half := filepath.Join(place, "half")
	defer os.RemoveAll(half)
	if err := errors.Join(os.RemoveAll(half), os.Mkdir(half, 0o755)); err != nil {
		return "", fmt.Errorf("making the cache of the testbed: %w", err)
	}
	say(fmt.Sprintf("building it, once, into %s: some %.0f minutes of one core if nothing of it was compiled before", place, p.Work.Minutes()))
	began := time.Now()
	if err := p.compile(ctx, module, half, say, owned); err != nil {
		return "", fmt.Errorf("building %s: %w", p.Name, err)
	}
	if err := p.keep(ctx, module, half, place); err != nil {
		return "", fmt.Errorf("keeping %s: %w", p.Name, err)
	}
	say(fmt.Sprintf("built in %.0f s", time.Since(began).Seconds()))
	return path, nil
}

// key is what the binary depends on, as the name of a folder.
func (p Program) key(module string) (string, error) {
	sum := sha256.New()
	files, _ := filepath.Glob(filepath.Join(module, "*.go")) // the pattern is good
	for _, file := range append(files, filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum")) {
		raw, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a module that requires nothing has no go.sum
			return "", fmt.Errorf("reading what %s is built from: %w", p.Name, err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(file), len(raw), raw)
	}
	fmt.Fprintf(sum, "%s %s/%s %+v", runtime.Version(), runtime.GOOS, runtime.GOARCH, p)
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// compile builds the binary into the folder half, politely: it takes minutes of
// a machine that somebody works at.
func (p Program) compile(ctx context.Context, module, half string, say func(string), owned func(int)) error {
	cmd := exec.CommandContext(ctx, "nice", "-n", "15", "go", "build", "-v", "-mod=readonly", "-trimpath", "-buildvcs=false",
		"-tags", p.Tags, "-ldflags", p.Flags, "-o", filepath.Join(half, p.Name), p.Package)
	cmd.Dir = module
	cgo := "CGO_ENABLED=0"
	if p.C {
		cgo = "CGO_ENABLED=1"
	}
	cmd.Env = append(os.Environ(), cgo, "GOWORK=off", "GOTMPDIR="+half)
	cmd.SysProcAttr = run.Group()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // the compilers with go
	return watch(cmd, say, owned)
}

// keep takes the binary, and the folders that it reads, out of half.
func (p Program) keep(ctx context.Context, module, half, place string) error {
	if len(p.Folders) > 0 {
		cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{.Module.Dir}}", p.Package)
		cmd.Dir, cmd.Env = module, append(os.Environ(), "GOWORK=off")
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("finding its module: %w", err)
		}
		for _, name := range p.Folders {
			source := os.DirFS(filepath.Join(strings.TrimSpace(string(out)), name))
			target := filepath.Join(place, name)
			if err := errors.Join(os.RemoveAll(target), os.CopyFS(target, source)); err != nil {
				return err
			}
		}
	}
	return os.Rename(filepath.Join(half, p.Name), filepath.Join(place, p.Name))
}

func compiler() string {
	if cc := os.Getenv("CC"); cc != "" {
		return strings.Fields(cc + " cc")[0]
	}
	return "cc"
}
