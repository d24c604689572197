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

// loki is a Loki in one process, on a disk, without tenants.
type loki struct{ process }

func (*loki) Name() string { return "loki" }

func (l *loki) Start(ctx context.Context, h service.Host) (service.Endpoint, error) {
	binary, err := program.Loki.Build(ctx, h.Cache, h.Say, h.Owned)
	if err != nil {
		return service.Endpoint{}, err
	}
	ports, err := service.FreePorts(2)
	if err != nil {
		return service.Endpoint{}, err
	}
	config := filepath.Join(h.Dir, "loki.yaml")
	if err := os.WriteFile(config, setup.Loki, 0o600); err != nil {
		return service.Endpoint{}, fmt.Errorf("configuring loki: %w", err)
	}
	cmd := exec.Command(binary, "-config.file="+config, "-config.expand-env=true")
	cmd.Env = append(h.Environ(), setup.LokiEnviron(h.Dir, "127.0.0.1", ports[0], ports[1])...)
	if err := l.run(h, cmd); err != nil {
		return service.Endpoint{}, err
	}
	at := service.Endpoint{URL: "http://" + net.JoinHostPort("127.0.0.1", ports[0]), Version: program.Loki.Version}
	return at, l.answers(ctx, func(ctx context.Context) error { return service.Get(ctx, at.URL+"/ready", nil) })
}
