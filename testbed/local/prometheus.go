package local

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
	"github.com/loom-core/loom/testbed/setup"
)

// prometheus is a Prometheus that scrapes itself every second. Its first sample
// comes some seconds after it answers.
type prometheus struct{ process }

func (*prometheus) Name() string { return "prometheus" }

func (p *prometheus) Start(ctx context.Context, h service.Host) (service.Endpoint, error) {
	binary, err := program.Prometheus.Build(ctx, h.Cache, h.Say, h.Owned)
	if err != nil {
		return service.Endpoint{}, err
	}
	ports, err := service.FreePorts(1)
	if err != nil {
		return service.Endpoint{}, err
	}
	address := net.JoinHostPort("127.0.0.1", ports[0])
	for name, text := range setup.Prometheus(address) {
		if err := os.WriteFile(filepath.Join(h.Dir, name), []byte(text), 0o600); err != nil {
			return service.Endpoint{}, fmt.Errorf("configuring prometheus: %w", err)
		}
	}
	config := filepath.Join(h.Dir, setup.PrometheusConfig)
	cmd := exec.Command(binary, setup.PrometheusFlags(config, address, filepath.Join(h.Dir, "data"))...)
	if err := p.run(h, cmd); err != nil {
		return service.Endpoint{}, err
	}
	at := service.Endpoint{URL: "http://" + address, Version: program.Prometheus.Version}
	return at, p.answers(ctx, func(ctx context.Context) error { return service.Get(ctx, at.URL+"/-/ready", nil) })
}
