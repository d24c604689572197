package local

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
)

//go:embed gitea.ini
var giteaConfig string

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
	ports, err := freePorts(1)
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
	values := map[string]string{
		"USER": me.Username, "DIR": h.Dir, "PORT": ports[0], "STATIC": filepath.Dir(binary), "SECRET": rand.Text(), "$": "$",
	}
	config := filepath.Join(h.Dir, "app.ini")
	if err := os.WriteFile(config, []byte(os.Expand(giteaConfig, func(name string) string { return values[name] })), 0o600); err != nil {
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
	if _, err := g.once(ctx, h, "making its user", command("admin", "user", "create", "--admin", "--username", at.User, "--password", at.Password,
		"--email", "loom@example.test", "--must-change-password=false")); err != nil {
		return at, err
	}
	token, err := g.once(ctx, h, "making a token", command("admin", "user", "generate-access-token",
		"--username", at.User, "--token-name", "testbed", "--scopes", "all", "--raw"))
	if err != nil {
		return at, err
	}
	lines := strings.Split(strings.TrimSpace(token), "\n") // it warns of root on its stdout, too
	at.Token = strings.TrimSpace(lines[len(lines)-1])
	if err := g.run(h, command("web")); err != nil {
		return at, err
	}
	return at, g.answers(ctx, func(ctx context.Context) error { return get(ctx, at.URL+"/api/v1/version", nil) })
}
