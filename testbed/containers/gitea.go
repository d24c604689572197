package containers

import (
	"context"
	"crypto/rand"
	"errors"
	"path"

	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
	"github.com/loom-core/loom/testbed/setup"
)

// gitea is a Gitea on SQLite with one user, an administrator, who has a token for
// everything.
type gitea struct{ box }

func (*gitea) Name() string { return "gitea" }

func (g *gitea) Start(ctx context.Context, h service.Host) (at service.Endpoint, err error) {
	port, url, err := freePort()
	if err != nil {
		return at, err
	}
	const config, dir = "/loom/app.ini", "/loom/data"
	i := images["gitea"]
	text := setup.Gitea{User: "root", Dir: dir, Static: path.Dir(i.path), Address: "0.0.0.0", Port: port, Secret: rand.Text()}.Config()
	env := []string{"USER=root", "HOME=/loom", "GITEA_WORK_DIR=" + dir, "GIT_CONFIG_NOSYSTEM=1"}
	err = g.start(ctx, h, spec{
		image: i, port: port, command: []string{"--config", config, "web"}, // which makes the database first
		env: variables(env), files: map[string]string{config: text},
	})
	if err != nil {
		return at, err
	}
	at = service.Endpoint{URL: url, Version: program.Gitea.Version, User: "loom", Password: rand.Text()}
	if err := g.answers(ctx, func(ctx context.Context) error { return service.Get(ctx, url+"/api/v1/version", nil) }); err != nil {
		return at, err
	}
	command := func(args ...string) []string { return append([]string{i.path, "--config", config}, args...) }
	_, err = g.once(ctx, "making its user", env, command(setup.GiteaUser(at.User, at.Password)...))
	if err == nil {
		var token string
		token, err = g.once(ctx, "making a token", env, command(setup.GiteaToken(at.User)...))
		at.Token = setup.ReadGiteaToken(token)
	}
	if err != nil {
		err = errors.Join(err, g.Stop(context.WithoutCancel(ctx)))
	}
	return at, err
}
