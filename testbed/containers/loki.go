package containers

import (
	"context"
	"strings"

	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
	"github.com/loom-core/loom/testbed/setup"
)

// loki is a Loki in one process, on a disk, without tenants.
type loki struct{ box }

func (*loki) Name() string { return "loki" }

func (l *loki) Start(ctx context.Context, h service.Host) (service.Endpoint, error) {
	port, url, err := freePort()
	if err != nil {
		return service.Endpoint{}, err
	}
	const config = "/loom/loki.yaml"
	err = l.start(ctx, h, spec{
		image: images["loki"], port: port,
		command: []string{"-config.file=" + config, "-config.expand-env=true"},
		env:     variables(setup.LokiEnviron("/loom/data", "0.0.0.0", port, grpcPort(port))),
		files:   map[string]string{config: string(setup.Loki)},
	})
	if err != nil {
		return service.Endpoint{}, err
	}
	at := service.Endpoint{URL: url, Version: program.Loki.Version}
	return at, l.answers(ctx, func(ctx context.Context) error { return service.Get(ctx, url+"/ready", nil) })
}

// grpcPort is one that nobody else has in the container.
func grpcPort(port string) string {
	if port == "9095" {
		return "9096"
	}
	return "9095"
}

// variables is an environment as a map.
func variables(env []string) map[string]string {
	all := map[string]string{}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		all[name] = value
	}
	return all
}
