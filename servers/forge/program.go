package forge

import (
	"log/slog"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// Program is the server of a forge: what it does not share with the others.
type Program struct {
	About   string // as [kit.Program]
	Example string
	Docs    string
	Repos   string // what it has, and globs for an example: repositories, such as acme/*

	Service  upstream.Service
	Nouns    Nouns
	Features Features
	Backend  func(*upstream.Client) (Backend, error) // of one instance
}

// Main runs it and returns its exit code.
func (p Program) Main() int {
	return kit.Main(kit.Program{
		Name: p.Service.Program, About: p.About, Example: p.Example, Docs: p.Docs,
		Env: append(p.Service.Env(), kit.EnvVar{Name: p.allowed(), Doc: "globs of the " + p.Repos + " (all)"}),
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) { return p.New(getenv) },
	})
}

func (p Program) allowed() string { return p.Service.Prefix + "_ALLOWED_REPOS" }

// New is the server with the settings that getenv has.
func (p Program) New(getenv func(string) string) (*kit.Server, error) {
	var allowed []string
	for part := range strings.SplitSeq(getenv(p.allowed()), ",") {
		if part = strings.TrimSpace(part); part != "" {
			allowed = append(allowed, part)
		}
	}
	if allowed != nil {
		p.Service.Redirect = p.stays
	}
	instances, err := upstream.Open(p.Service, getenv)
	if err != nil {
		return nil, err
	}
	backends := make(map[string]Backend)
	for _, c := range instances {
		if backends[c.Instance()], err = p.Backend(c); err != nil {
			return nil, err
		}
	}
	return New(Options{
		Name: p.Service.Program, Title: p.Service.Name, Nouns: p.Nouns, Features: p.Features,
		Backends: backends, Instances: instances.Names(), Allowed: allowed, Secrets: instances.Secrets,
	})
}
