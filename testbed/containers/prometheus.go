package containers

import (
	"context"

	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
	"github.com/loom-core/loom/testbed/setup"
)

// prometheus is a Prometheus that scrapes itself every second.
type prometheus struct{ box }

func (*prometheus) Name() string { return "prometheus" }

func (p *prometheus) Start(ctx context.Context, h service.Host) (service.Endpoint, error) {
	port, url, err := freePort()
	if err != nil {
		return service.Endpoint{}, err
	}
	files := map[string]string{}
	for name, text := range setup.Prometheus("127.0.0.1:" + port) {
		files["/loom/"+name] = text
	}
	err = p.start(ctx, h, spec{
		image: images["prometheus"], port: port,
		command: setup.PrometheusFlags("/loom/"+setup.PrometheusConfig, "0.0.0.0:"+port, "/loom/data"),
		files:   files,
	})
	if err != nil {
		return service.Endpoint{}, err
	}
	at := service.Endpoint{URL: url, Version: program.Prometheus.Version}
	return at, p.answers(ctx, func(ctx context.Context) error { return service.Get(ctx, url+"/-/ready", nil) })
}
