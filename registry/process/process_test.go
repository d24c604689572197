package process

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry"
)

func server(t *testing.T, entry string) registry.Server {
	t.Helper()
	r, err := registry.Parse("r.yaml", []byte("servers: {s: "+entry+"}"))
	if err != nil {
		t.Fatal(err)
	}
	return r.Servers[0]
}

func program(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestResolve(t *testing.T) {
	beside, onPath, home := t.TempDir(), t.TempDir(), t.TempDir()
	own, other := program(t, beside, "mcp-own"), program(t, onPath, "mcp-other")
	program(t, onPath, "mcp-own")
	host := Host{Program: "loomd", Beside: beside, Environ: []string{"PATH=relative:" + onPath, "A=host"}, Client: []string{"KUBECONFIG=k"}, Dir: home}
	vars := map[string]string{"WHERE": onPath, "NAME": "mcp-own"}
	lookup := secret.NewLookup(func(name string) (string, bool) { v, ok := vars[name]; return v, ok }, secret.Memory{"t": secret.NewValue("canary")})
	for entry, want := range map[string]Spec{
		`{command: mcp-own}`: {Path: own, Dir: home, Env: slices.Concat(host.Environ, host.Client)},
		`{command: "${env:NAME}", args: [--x, "${env:NAME}"], cwd: "${env:WHERE}", env: {A: "x${secret:t}", B: "${secret:no?}", C: $$}}`: {
			Path: own, Args: []string{"--x", "mcp-own"}, Dir: onPath, Env: slices.Concat(host.Environ, host.Client, []string{"A=xcanary", "C=$"}),
		},
		`{command: mcp-other}`:       {Path: other, Dir: home, Env: slices.Concat(host.Environ, host.Client)},
		`{command: "` + other + `"}`: {Path: other, Dir: home, Env: slices.Concat(host.Environ, host.Client)},
	} {
		got, err := Resolve(t.Context(), server(t, entry), host, lookup)
		if err != nil || got.Path != want.Path || got.Dir != want.Dir || !slices.Equal(got.Args, want.Args) || !slices.Equal(got.Env, want.Env) {
			t.Errorf("%s: %+v, %v\nwant %+v", entry, got, err, want)
		}
	}
	for entry, want := range map[string]string{
		`{command: mcp-none}`:                          `command "mcp-none" not found beside loomd (` + beside + `) nor on its PATH (relative:` + onPath + `)`,
		`{command: ./x}`:                               `command "./x" is a relative path; write the whole path or a name`,
		`{command: /none/x}`:                           "/none/x: no such file or directory",
		`{command: "${env:NONE}"}`:                     "NONE is not set",
		`{command: mcp-own, cwd: /none}`:               "its working directory /none is not there",
		`{command: mcp-own, env: {X: "${secret:no}"}}`: "variable X: secret no is not set",
	} {
		_, err := Resolve(t.Context(), server(t, entry), host, lookup)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", entry, err, want)
		}
		var missing *NotFoundError
		if errors.As(err, &missing) != strings.Contains(entry, "command: mcp-none") && errors.As(err, &missing) != strings.Contains(entry, "/x}") {
			t.Errorf("%s: is a NotFoundError: %v", entry, errors.As(err, &missing))
		}
	}
	host.Environ = nil
	if _, err := Resolve(context.Background(), server(t, "{command: mcp-none}"), host, lookup); err == nil || err.Error() != "loomd has no PATH" {
		t.Errorf("without a PATH: %v", err)
	}
}

func TestPolicyBoundsPrograms(t *testing.T) {
	dir := t.TempDir()
	allowed, other := program(t, dir, "allowed"), program(t, dir, "other")
	host := Host{Program: "loom", Environ: []string{"PATH=" + dir}, Dir: dir}
	for _, tc := range []struct {
		command string
		ok      bool
	}{{"allowed", true}, {allowed, true}, {"other", false}, {other, false}, {"${env:WHICH}", false}} {
		s := server(t, `{command: "`+tc.command+`"}`)
		s.Bounds.Commands = []string{allowed}
		spec, err := Resolve(t.Context(), s, host, secret.NewLookup(func(string) (string, bool) { return other, true }, secret.Memory{}))
		var forbidden *ForbiddenError
		if (err == nil) != tc.ok || err != nil && !errors.As(err, &forbidden) {
			t.Errorf("%s: %+v, %v", tc.command, spec, err)
		}
	}
}
