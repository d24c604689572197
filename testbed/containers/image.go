package containers

import (
	"context"
	"fmt"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
)

// image is what a service runs from. A local one has the program at the place
// where upstream's has it, so that nothing else differs.
type image struct {
	upstream string // reference, by digest where it is known
	program  program.Program
	path     string   // of the program in it
	packages []string // of Debian, below the program; none is FROM scratch
}

// images are those of the services. The digest is that of the list of all
// architectures.
var images = map[string]image{
	"prometheus": {
		upstream: "docker.io/prom/prometheus:v3.15.0@sha256:efd719c99d83b060d9daefdcf00360461adf279f45ef5391f8d111892118753e",
		program:  program.Prometheus, path: "/bin/prometheus",
	},
	"loki": {
		upstream: "docker.io/grafana/loki:3.7.8@sha256:1107dd5274e0ada47e42472b7a7e71f3b2a2fe878878108f3e2f9e51528f0193",
		program:  program.Loki, path: "/usr/bin/loki",
	},
	"gitea": {
		upstream: "docker.io/gitea/gitea:1.26.4@sha256:8e25c717b8f748445e15ec46e0390f577cb628101184cb0a150d1dae126c1f39",
		program:  program.Gitea, path: "/app/gitea/gitea",
		packages: []string{"git", "ca-certificates"},
	},
}

// get returns the id of the image, which is made or pulled if the engine does not
// have it. Containers are made by the id: no engine looks for that elsewhere.
func (i image) get(ctx context.Context, docker *client.Client, h service.Host) (id string, err error) {
	if localImages() {
		return i.make(ctx, docker, h)
	}
	return pull(ctx, docker, h, i.upstream)
}

func pull(ctx context.Context, docker *client.Client, h service.Host, reference string) (id string, err error) {
	found, err := docker.ImageInspect(ctx, reference)
	if err == nil {
		return found.ID, nil
	}
	if !cerrdefs.IsNotFound(err) {
		return "", fmt.Errorf("looking for the image %s: %w", reference, err)
	}
	h.Say("pulling " + reference)
	pulled, err := docker.ImagePull(ctx, reference, client.ImagePullOptions{})
	if err == nil {
		err = pulled.Wait(ctx)
	}
	if err == nil {
		found, err = docker.ImageInspect(ctx, reference)
	}
	if err != nil {
		return "", fmt.Errorf("pulling the image %s: %w\nLOOM_TESTBED_IMAGES=local makes one here", reference, err)
	}
	return found.ID, nil
}
