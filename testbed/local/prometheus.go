package local

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/testbed/service"
)

// prometheusVersion is what the server says of itself; go.mod calls it v0.315.0.
const prometheusVersion = "3.15.0"

// prometheusProgram leaves out all service discovery but static and file, and
// has no web interface: the API is what is tested.
var prometheusProgram = Program{
	Name: "prometheus", Package: "github.com/prometheus/prometheus/cmd/prometheus",
	Tags:  "netgo,remove_all_sd",
	Flags: "-s -w -X github.com/prometheus/common/version.Version=" + prometheusVersion,
	Work:  4 * time.Minute,
}

// The rules go beside the configuration, by that name.
var (
	//go:embed prometheus.yml
	prometheusConfig string
	//go:embed prometheus.rules.yml
	prometheusRules string
)

// prometheus is a Prometheus that scrapes itself every second, and a target
// that is not there. Its first sample comes some seconds after it answers.
type prometheus struct{ process }

func (*prometheus) Name() string { return "prometheus" }

func (p *prometheus) Start(ctx context.Context, h service.Host) (service.Endpoint, error) {
	binary, err := prometheusProgram.Build(ctx, h.Cache, h.Say, h.Owned)
	if err != nil {
		return service.Endpoint{}, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return service.Endpoint{}, err
	}
	address := net.JoinHostPort("127.0.0.1", ports[0])
	config := filepath.Join(h.Dir, "prometheus.yml")
	for path, text := range map[string]string{
		config: strings.ReplaceAll(prometheusConfig, "ADDRESS", strconv.Quote(address)),
		filepath.Join(h.Dir, "prometheus.rules.yml"): prometheusRules,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return service.Endpoint{}, fmt.Errorf("configuring prometheus: %w", err)
		}
	}
	cmd := exec.Command(binary, "--config.file="+config, "--web.listen-address="+address, "--storage.tsdb.path="+filepath.Join(h.Dir, "data"),
		"--web.enable-remote-write-receiver", "--log.level=warn")
	if err := p.run(h, cmd); err != nil {
		return service.Endpoint{}, err
	}
	at := service.Endpoint{URL: "http://" + address, Version: prometheusVersion}
	return at, p.answers(ctx, func(ctx context.Context) error { return get(ctx, at.URL+"/-/ready", nil) })
}
