package kubernetes

import (
	"context"

	"github.com/loom-core/loom/testbed/kube"
	"github.com/loom-core/loom/testbed/program"
)

// programs are the paths of what a cluster is made of, and the archives of its
// images.
type programs struct {
	kubebed, cell   string // built
	images          []string
	containerd, ctr string // found
}

func (c *Cluster) build(ctx context.Context) (p programs, err error) {
	bin, h := c.path("bin"), c.host
	if p.kubebed, err = program.Kubernetes.Build(ctx, h.Cache, h.Say, h.Owned); err != nil {
		return p, err
	}
	if err := kube.Build(ctx, bin, h.Say, "cell"); err != nil {
		return p, err
	}
	p.cell = c.path("bin", "cell")
	if c.node {
		p.containerd, p.ctr = find("containerd"), find("ctr")
		p.images, err = kube.Images(ctx, bin, h.Say)
	}
	return p, err
}
