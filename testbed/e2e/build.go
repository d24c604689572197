package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/loom-core/loom/testbed"
)

// upstream is a service's program, built from the nested module in
// testbed/services/<module>, whose go.sum pins every byte of it.
type upstream struct {
	module string // folder in testbed/services
	pkg    string // the main package
	name   string // of the binary
	tags   string
	flags  string // for the linker
}

// build returns the path of the binary. It is built once for each state of its
// go.mod and go.sum and version of Go, and kept in a cache.
func (u upstream) build(ctx context.Context, say func(string)) (string, error) {
	dir := filepath.Join("..", "services", u.module)
	sum := sha256.New()
	for _, file := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return "", fmt.Errorf("reading what %s is built from: %w", u.name, err)
		}
		sum.Write(raw)
	}
	fmt.Fprint(sum, runtime.Version(), u.pkg, u.tags, u.flags)
	cache := os.Getenv("LOOM_TESTBED_CACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("finding the cache of the testbed: %w", err)
		}
		cache = filepath.Join(home, ".cache", "loom-testbed")
	}
	place := filepath.Join(cache, hex.EncodeToString(sum.Sum(nil)[:8]))
	path := filepath.Join(place, u.name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(place, 0o755); err != nil {
		return "", fmt.Errorf("making the cache of the testbed: %w", err)
	}
	say(fmt.Sprintf("building %s into %s, once: minutes when nothing of it was compiled before", u.name, place))
	began := time.Now()
	half := fmt.Sprintf("%s.%d", path, os.Getpid()) // renamed when it is whole
	defer os.Remove(half)
	cmd := exec.CommandContext(ctx, "go", "build", "-mod=readonly", "-trimpath", "-tags", u.tags, "-ldflags", u.flags, "-o", half, u.pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false")
	absolute, err := filepath.Abs(half)
	if err != nil {
		return "", err
	}
	cmd.Args[len(cmd.Args)-2] = absolute
	if err := testbed.Show(cmd, say); err != nil {
		return "", fmt.Errorf("building %s: %w", u.name, err)
	}
	if err := os.Rename(half, path); err != nil {
		return "", fmt.Errorf("keeping %s: %w", u.name, err)
	}
	say(fmt.Sprintf("built %s in %.0f s", u.name, time.Since(began).Seconds()))
	return path, nil
}
