package process

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry"
)

// asked notes what a server asks for, and has all of it.
type asked struct {
	secrets, env []string
	dir          string
}

func (a *asked) Env(name string) (string, bool) {
	a.env = append(a.env, name)
	return a.dir, true
}

func (a *asked) Secret(_ context.Context, name string) (secret.Value, error) {
	a.secrets = append(a.secrets, name)
	return secret.NewValue(a.dir), nil
}

func (a *asked) SecretFile(_ context.Context, name string) (string, error) {
	a.secrets = append(a.secrets, name)
	return a.dir, nil
}

// FuzzProject: whatever stands in a project's file, the user keeps what the user
// has, and no server of the project is given something whose name was not among
// those that the user is shown.
func FuzzProject(f *testing.F) {
	for _, seed := range []string{
		"servers: {db: {command: ./x, args: [\"${env:A}\"], cwd: \"${env:B}\", env: {C: \"${secret:c}\", D: \"${secretfile:d?}\"}, client_env: [E]}}",
		"servers: {w: {url: \"https://x/${env:U}\", headers: {H: \"Bearer ${secret:h}\"}}}\ndeny: [\"*\"]\nread_only: true",
		"servers: {git: {from: shipped, env: {X: \"$<secret:x>\"}}}",
		"servers: {own: {command: y}}",
		"servers: {db: &a {command: x}, e: *a}",
	} {
		f.Add(seed)
	}
	user, err := registry.Parse("registry.yaml", []byte("servers: {own: {command: mine}}"))
	if err != nil {
		f.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := registry.ParseProject("/project", []byte(text))
		if err != nil {
			return
		}
		joint, err := user.With(p, registry.Granted{Secrets: p.Secrets(), Env: p.EnvNames()})
		if err != nil {
			return
		}
		if own, ok := joint.Server("own"); !ok || own.Project != "" || own.Command != "mine" {
			t.Fatalf("the user's own server is %+v", own)
		}
		for _, s := range joint.Servers {
			if s.Project == "" && s.Name != "own" {
				t.Fatalf("server %s passes for the user's own", s.Name)
			}
			if s.Project == "" {
				continue
			}
			a := &asked{dir: os.TempDir()}
			for _, text := range []string{s.Command, s.Dir, s.URL} {
				Expand(t.Context(), text, a)
			}
			for _, v := range s.Headers {
				Expand(t.Context(), v.Value, a)
			}
			runs := s
			runs.Command, runs.Dir = exe, "" // else nothing of the rest is looked at
			if _, err := Resolve(t.Context(), runs, Host{Program: "test", Environ: []string{"PATH=/"}, Dir: os.TempDir()}, a); err != nil && s.URL == "" {
				t.Fatalf("resolving %+v: %v", s, err)
			}
			for _, name := range a.secrets {
				if !slices.Contains(p.Secrets(), name) || !s.MayHaveSecret(name) {
					t.Fatalf("server %s asks for secret %q, and the user is shown %v", s.Name, name, p.Secrets())
				}
			}
			for _, name := range slices.Concat(a.env, s.ClientEnv) {
				if !slices.Contains(p.EnvNames(), name) || !s.MayHaveEnv(name) {
					t.Fatalf("server %s asks for variable %q, and the user is shown %v", s.Name, name, p.EnvNames())
				}
			}
		}
	})
}
