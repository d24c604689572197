package containers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/loom-core/loom/testbed/service"
)

// localImages reports whether images are made here and none is pulled.
func localImages() bool { return os.Getenv("LOOM_TESTBED_IMAGES") == "local" }

// Provider makes the services that there are here.
func Provider() service.Provider {
	return service.Provider{
		Name: "containers", Works: works, Ready: ready,
		Services: map[string]func() service.Service{
			"gitea":      func() service.Service { return new(gitea) },
			"kubernetes": func() service.Service { return new(kindCluster) },
			"loki":       func() service.Service { return new(loki) },
			"prometheus": func() service.Service { return new(prometheus) },
		},
	}
}

// works says why there can be no containers here.
func works(ctx context.Context) error {
	switch images := os.Getenv("LOOM_TESTBED_IMAGES"); images {
	case "", "local":
	default:
		return fmt.Errorf("LOOM_TESTBED_IMAGES=%s: it is local, or not set", images)
	}
	if _, err := exec.LookPath("docker"); err != nil {
		return errors.New("the docker command is not on PATH: apt-get install docker.io")
	}
	_, err := connect(ctx)
	return err
}

// ready says which image would have to be pulled.
func ready(ctx context.Context) error {
	if localImages() {
		return nil
	}
	docker, err := connect(ctx)
	if err != nil {
		return err
	}
	references := []string{upstreamNode}
	for _, i := range images {
		references = append(references, i.upstream)
	}
	for _, reference := range references {
		if _, err := docker.ImageInspect(ctx, reference); err != nil {
			return fmt.Errorf("the engine does not have %s: LOOM_TESTBED=containers pulls it", reference)
		}
	}
	return nil
}
