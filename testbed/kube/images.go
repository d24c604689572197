package kube

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/ociimage"
	"github.com/loom-core/loom/testbed/run"
)

// Images builds the images of the node into dir and returns the archives, which
// docker load and ctr images import take.
func Images(ctx context.Context, dir string, say func(string)) (archives []string, err error) {
	if err := Build(ctx, dir, say, "pause", "workload"); err != nil {
		return nil, err
	}
	for _, image := range []ociimage.Image{
		{Ref: PauseImage, Program: filepath.Join(dir, "pause")},
		{Ref: WorkloadImage, Program: filepath.Join(dir, "workload")},
	} {
		archive := image.Program + ".tar"
		if err := image.WriteFile(archive); err != nil {
			return nil, err
		}
		archives = append(archives, archive)
	}
	return archives, nil
}

// Build builds some of testbed/cmd into dir, linked statically.
func Build(ctx context.Context, dir string, say func(string), names ...string) error {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/loom-core/loom/testbed").CombinedOutput()
	if err != nil {
		return fmt.Errorf("finding the source of the testbed: %w: %s\nrun it inside the source tree", err, out)
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", dir + string(filepath.Separator)}
	for _, name := range names {
		args = append(args, "./cmd/"+name)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = strings.TrimSpace(string(out))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	cmd.SysProcAttr = run.Group()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // the compilers with go
	if err := testbed.Show(cmd, say); err != nil {
		return fmt.Errorf("building %s: %w", strings.Join(names, ", "), err)
	}
	return nil
}
