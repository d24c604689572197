package kube

import (
	"context"
	"path/filepath"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/ociimage"
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
	var programs []testbed.Program
	for _, name := range names {
		programs = append(programs, testbed.Program{Name: name, Module: "github.com/loom-core/loom/testbed", Dir: "cmd/" + name, Static: true})
	}
	return testbed.Build(ctx, say, dir, programs...)
}
