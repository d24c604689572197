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
	ports, err := freePorts(1)
	if err != nil {
		return service.Endpoint{}, err
	}
	address := net.JoinHostPort("127.0.0.1", ports[0])
	config := filepath.Join(h.Dir, "prometheus.yml")
	text := fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
scrape_configs:
  - job_name: prometheus
    static_configs: [{targets: [%q]}]
`, address)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return service.Endpoint{}, fmt.Errorf("configuring prometheus: %w", err)
	}
	cmd := exec.Command(binary, "--config.file="+config, "--web.listen-address="+address, "--storage.tsdb.path="+filepath.Join(h.Dir, "data"),
		"--web.enable-remote-write-receiver", "--log.level=warn")
	if err := p.run(h, cmd); err != nil {
		return service.Endpoint{}, err
	}
	at := service.Endpoint{URL: "http://" + address, Version: program.Prometheus.Version}
	return at, p.answers(ctx, func(ctx context.Context) error { return get(ctx, at.URL+"/-/ready", nil) })
}
