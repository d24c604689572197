package local

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"

	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
	"github.com/loom-core/loom/testbed/setup"
)

// gitea is a Gitea on SQLite with one user, an administrator, who has a token
// for everything. Its pages have no scripts: they would need node to be built.
type gitea struct{ process }

func (*gitea) Name() string { return "gitea" }

func (g *gitea) Start(ctx context.Context, h service.Host) (at service.Endpoint, err error) {
	if _, err := exec.LookPath("git"); err != nil {
		return at, fmt.Errorf("gitea needs git: apt-get install git: %w", err)
	}
	binary, err := program.Gitea.Build(ctx, h.Cache, h.Say, h.Owned)
	if err != nil {
		return at, err
	}
	ports, err := service.FreePorts(1)
	if err != nil {
		return at, err
	}
	at = service.Endpoint{
		URL: "http://" + net.JoinHostPort("127.0.0.1", ports[0]), Version: program.Gitea.Version,
		User: "loom", Password: rand.Text(),
	}
	me, err := user.Current()
	if err != nil {
		return at, fmt.Errorf("configuring gitea: %w", err)
	}
	config := filepath.Join(h.Dir, "app.ini")
	text := setup.Gitea{User: me.Username, Dir: h.Dir, Static: filepath.Dir(binary), Address: "127.0.0.1", Port: ports[0], Secret: rand.Text()}.Config()
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return at, fmt.Errorf("configuring gitea: %w", err)
	}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(binary, append([]string{"--config", config}, args...)...)
		cmd.Env = append(h.Environ(), "USER="+me.Username, "GITEA_WORK_DIR="+h.Dir, "GIT_CONFIG_NOSYSTEM=1")
		return cmd
	}
	if _, err := g.once(ctx, h, "making its database", command("migrate")); err != nil {
		return at, err
	}
	if _, err := g.once(ctx, h, "making its user", command(setup.GiteaUser(at.User, at.Password)...)); err != nil {
		return at, err
	}
	token, err := g.once(ctx, h, "making a token", command(setup.GiteaToken(at.User)...))
	if err != nil {
		return at, err
	}
	at.Token = setup.ReadGiteaToken(token)
	if err := g.run(h, command("web")); err != nil {
		return at, err
	}
	return at, g.answers(ctx, func(ctx context.Context) error { return service.Get(ctx, at.URL+"/api/v1/version", nil) })
}
