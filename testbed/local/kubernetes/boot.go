package kubernetes

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/loom-core/loom/testbed/cell"
)

// interval is how often it is asked whether something is there yet.
const interval = 50 * time.Millisecond

// boot starts the parts, each when what it cannot do without is there, and waits
// for the node.
func (c *Cluster) boot(ctx context.Context, built programs, api *api) error {
	for _, p := range []part{c.etcd(), c.apiServer()} {
		if err := c.run(ctx, built.kubebed, p); err != nil {
			return err
		}
	}
	if c.node {
		if err := c.bootRuntime(ctx, built); err != nil {
			return err
		}
	}
	if err := c.await(ctx, "the API server is ready", api.ready); err != nil {
		return err
	}
	parts := []part{c.controllerManager(), c.scheduler()}
	if c.node {
		parts = append(parts, c.kubelet())
	}
	for _, p := range parts {
		if err := c.run(ctx, built.kubebed, p); err != nil {
			return err
		}
	}
	if c.node {
		if err := c.await(ctx, "the node is ready", api.nodeReady); err != nil {
			return err
		}
	}
	return c.await(ctx, "pods can be made in the namespace default", api.defaultAccount)
}

// bootRuntime starts containerd and gives it the images.
func (c *Cluster) bootRuntime(ctx context.Context, built programs) error {
	if err := c.spawn(ctx, "containerd", built.containerd, "--config", c.path("etc", "containerd.toml")); err != nil {
		return err
	}
	ctr := func(args ...string) error {
		return c.cell.Run(ctx, cell.Spec{
			Name: "ctr " + args[0], Env: c.environ(), Log: c.path("log", "ctr.log"),
			Args: append([]string{built.ctr, "--address", runtimeSocket, "--namespace", "k8s.io"}, args...),
		})
	}
	if err := c.await(ctx, "containerd answers", func(context.Context) error { return ctr("version") }); err != nil {
		return err
	}
	for _, archive := range built.images {
		if err := ctr("images", "import", "--snapshotter", "native", archive); err != nil {
			return fmt.Errorf("importing image %s: %w", filepath.Base(archive), err)
		}
	}
	return nil
}

func (c *Cluster) run(ctx context.Context, kubebed string, p part) error {
	return c.spawn(ctx, p.name, kubebed, append([]string{p.name}, p.flags...)...)
}

func (c *Cluster) spawn(ctx context.Context, name, program string, args ...string) error {
	p, err := c.cell.Go(ctx, cell.Spec{
		Name: name, Env: c.environ(), Log: c.path("log", name+".log"),
		Args: append([]string{program}, args...),
	})
	if err != nil {
		return err
	}
	go func() { // ends with the part
		<-p.Ended()
		c.lose(p)
	}()
	return nil
}

// await waits until ask has no error. It gives up at once when a part has ended.
func (c *Cluster) await(ctx context.Context, what string, ask func(context.Context) error) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if dead := c.Err(); dead != nil {
			return dead
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w (the last answer: %w)", what, ctx.Err(), err)
		}
	}
}
