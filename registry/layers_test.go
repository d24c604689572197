package registry

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// disk writes files below a folder, and says where the layers are in it.
func disk(t testing.TB, files map[string]string) Sources {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Sources{
		Machine: filepath.Join(dir, "etc/registry.d"), User: filepath.Join(dir, "home/registry.yaml"),
		Dropins: filepath.Join(dir, "home/registry.d"), Policy: filepath.Join(dir, "etc/policy.yaml"), Owner: os.Getuid(),
	}
}

func load(t testing.TB, s Sources) *Registry {
	t.Helper()
	r, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLayersMerge(t *testing.T) {
	s := disk(t, map[string]string{
		"etc/registry.d/10-base.yaml": `
version: 1
defaults: {timeout: 5m, drain: 1m}
servers:
  git: {from: shipped, concurrency: 3}
  corp: {command: corp-mcp, args: [a], env: {A: base, B: base}, tools: {"*": {enabled: false}}}
  far: {url: "https://corp.example/mcp", headers: {X-One: a, Authorization: "Bearer ${secret:corp}"}}
profiles: {ops: {servers: [corp], deny: ["corp__x"]}}
clients: {codex: ops}
`,
		"etc/registry.d/20-more.yaml": "servers: {corp: {env: {B: more}}}\n",
		"home/registry.yaml": `
defaults: {timeout: 1m}
servers:
  corp:
    env: {C: mine}
    tools: {get: {enabled: true}}
  far: {headers: {authorization: "Bearer ${secret:own}"}}
  git: {enabled: false}
  own: {command: own-mcp}
profiles: {ops: {servers: [corp, own]}}
`,
		"home/registry.d/b.yaml":       "servers: {own: {args: [b]}}\nclients: {zed: ops}\n",
		"home/registry.d/a.yaml":       "servers: {own: {args: [a]}}\n",
		"home/registry.d/.a.yaml.swp":  "nonsense",
		"home/registry.d/README":       "nonsense",
		"home/registry.d/.hidden.yaml": "nonsense: [",
	})
	r := load(t, s)
	corp, _ := r.Server("corp")
	if want := []EnvVar{{"A", "base"}, {"B", "more"}, {"C", "mine"}}; !slices.Equal(corp.Env, want) || corp.Command != "corp-mcp" || !slices.Equal(corp.Args, []string{"a"}) {
		t.Errorf("corp is %+v", corp)
	}
	if corp.ToolEnabled("other") || !corp.ToolEnabled("get") || corp.Timeout != time.Minute || corp.Drain != time.Minute {
		t.Errorf("corp is %+v", corp)
	}
	far, _ := r.Server("far")
	if want := []EnvVar{{"X-One", "a"}, {"authorization", "Bearer ${secret:own}"}}; !slices.Equal(far.Headers, want) {
		t.Errorf("far has %+v", far.Headers)
	}
	git, _ := r.Server("git")
	if git.Enabled || git.From != "shipped" || git.Concurrency != 3 || git.Command == "" {
		t.Errorf("git is %+v", git)
	}
	own, _ := r.Server("own")
	if !slices.Equal(own.Args, []string{"b"}) {
		t.Errorf("own is %+v", own)
	}
	if p := r.Profiles["ops"]; len(p.Deny) != 0 || !slices.Equal(p.Servers, []string{"corp", "own"}) {
		t.Errorf("a profile is replaced whole, this is %+v", p)
	}
	if r.Clients["codex"].Profile != "ops" || r.Clients["zed"].Profile != "ops" {
		t.Errorf("clients are %+v", r.Clients)
	}
	var names []string
	for _, f := range r.Files {
		names = append(names, string(f.Layer)+" "+filepath.Base(f.Path))
	}
	if want := []string{"machine 10-base.yaml", "machine 20-more.yaml", "user registry.yaml", "user a.yaml", "user b.yaml"}; !slices.Equal(names, want) {
		t.Errorf("read were %v", names)
	}
	for path, want := range map[string]string{
		"servers.corp.env.A": "machine 10-base.yaml:6", "servers.corp.env.B": "machine 20-more.yaml:1", "servers.corp.env.C": "user registry.yaml:5",
		"servers.git.concurrency": "machine 10-base.yaml:5", "servers.git.enabled": "user registry.yaml:8", "servers.own.args": "user b.yaml:1",
		"defaults.timeout": "user registry.yaml:2", "defaults.drain": "machine 10-base.yaml:3", "profiles.ops.servers": "user registry.yaml:10",
		"profiles.ops.deny": "", "servers.git.timeout": "", "servers.git.command": "shipped shipped registry.yaml",
	} {
		o, ok := r.Origin(strings.Split(path, ".")...)
		got := string(o.Layer) + " " + filepath.Base(o.Pos.File)
		if strings.Contains(want, ":") {
			got = string(o.Layer) + " " + filepath.Base(strings.TrimPrefix(o.String(), string(o.Layer)+" "))
		}
		if ok != (want != "") || ok && got != want {
			t.Errorf("%s is from %q, want %q", path, got, want)
		}
	}
}

func TestLayersHash(t *testing.T) {
	files := map[string]string{"etc/registry.d/a.yaml": "servers: {}\n", "home/registry.yaml": "version: 1\n", "etc/policy.yaml": "version: 1\n"}
	s := disk(t, files)
	before := load(t, s).Hash
	if load(t, s).Hash != before {
		t.Error("the hash is not always the same")
	}
	for _, path := range []string{s.User, s.Policy, filepath.Join(s.Machine, "a.yaml"), filepath.Join(s.Machine, "b.yaml")} {
		old, _ := os.ReadFile(path)
		if err := os.WriteFile(path, append(slices.Clone(old), "# more\nversion: 1\n"[:7]...), 0o644); err != nil {
			t.Fatal(err)
		}
		if load(t, s).Hash == before {
			t.Errorf("a change of %s does not change the hash", path)
		}
		os.Remove(path)
		if old != nil {
			os.WriteFile(path, old, 0o644)
		}
	}
}

// Problems of all files come at once, by file.
func TestLayersProblems(t *testing.T) {
	s := disk(t, map[string]string{
		"etc/registry.d/a.yaml":  "servers: {a: {comand: x}}\n",
		"etc/policy.yaml":        "alow: [x]\n",
		"home/registry.yaml":     "servers: {b: {command: x}}\nprofiles: {p: {servers: [nobody]}}\n",
		"home/registry.d/c.yaml": "servers:\n  b: {url: \"https://a.example\"}\n",
	})
	_, err := s.Load()
	var invalid *ValidationError
	if !errors.As(err, &invalid) {
		t.Fatalf("Load = %v", err)
	}
	text := err.Error()
	at := 0
	for _, want := range []string{
		"policy.yaml:1:1: unknown key \"alow\" in a policy (did you mean \"allow\"?)",
		"a.yaml:1:11: server \"a\" has neither",
		"a.yaml:1:15: unknown key \"comand\"",
		"home/registry.yaml:1:11: server \"b\" is described as a process, and as a url in ",
		"home/registry.yaml:2:26: unknown server \"nobody\"",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is not there, or not in its place:\n%s", want, text)
		}
		at += i
	}
}

// What is no file is refused at once, and what is missing is nothing.
func TestLayersBadFiles(t *testing.T) {
	if r := load(t, disk(t, nil)); len(r.Servers) != 0 || len(r.Files) != 0 {
		t.Errorf("of nothing: %+v", r)
	}
	for name, spoil := range map[string]func(Sources) string{
		"is a FIFO": func(s Sources) string {
			path := filepath.Join(s.Dropins, "a.yaml")
			must(t, os.MkdirAll(s.Dropins, 0o755), syscall.Mkfifo(path, 0o644))
			return path
		},
		"is a folder": func(s Sources) string { must(t, os.MkdirAll(s.User, 0o755)); return s.User },
		"too many levels": func(s Sources) string {
			path := filepath.Join(s.Machine, "loop.yaml")
			must(t, os.MkdirAll(s.Machine, 0o755), os.Symlink(path, path))
			return path
		},
		"rename it": func(s Sources) string {
			path := filepath.Join(s.Dropins, "a.yml")
			must(t, os.MkdirAll(s.Dropins, 0o755), os.WriteFile(path, nil, 0o644))
			return path
		},
		"more than 100 files": func(s Sources) string {
			must(t, os.MkdirAll(s.Dropins, 0o755))
			for i := range 101 {
				must(t, os.WriteFile(filepath.Join(s.Dropins, strings.Repeat("x", i+1)+".yaml"), nil, 0o644))
			}
			return s.Dropins
		},
		"over 1048576 bytes": func(s Sources) string {
			must(t, os.MkdirAll(filepath.Dir(s.User), 0o755), os.WriteFile(s.User, make([]byte, 50<<20), 0o644))
			return s.User
		},
		"can be written by others": func(s Sources) string {
			must(t, os.MkdirAll(filepath.Dir(s.Policy), 0o755), os.WriteFile(s.Policy, []byte("version: 1\n"), 0o644), os.Chmod(s.Policy, 0o666))
			return s.Policy
		},
		"chmod go-w": func(s Sources) string { // in the folder of a policy anybody could put another one in its place
			dir := filepath.Dir(s.Policy)
			must(t, os.MkdirAll(dir, 0o755), os.WriteFile(s.Policy, []byte("version: 1\n"), 0o644), os.Chmod(dir, 0o777))
			return dir
		},
		"NUL": nil,
	} {
		s := disk(t, nil)
		want := name
		if spoil == nil {
			must(t, os.MkdirAll(filepath.Dir(s.User), 0o755), os.WriteFile(s.User, []byte("servers: {a: {command: \"x\x00\"}}"), 0o644))
			spoil, want = func(s Sources) string { return s.User }, "control character U+0000"
		}
		path := spoil(s)
		_, err := s.Load()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestMachineFilesBelongToTheMachine(t *testing.T) {
	for _, name := range []string{"etc/policy.yaml", "etc/registry.d/a.yaml"} {
		s := disk(t, map[string]string{name: "version: 1\n"})
		s.Owner++
		if _, err := s.Load(); err == nil || !strings.Contains(err.Error(), "must belong to") || !strings.Contains(err.Error(), "sudo chown") {
			t.Errorf("%s of another user: %v", name, err)
		}
	}
	// The user's own files are the user's affair.
	s := disk(t, map[string]string{"home/registry.yaml": "version: 1\n"})
	s.Owner++
	load(t, s)
}

func TestLoadWith(t *testing.T) {
	s := disk(t, map[string]string{"etc/registry.d/a.yaml": "servers: {a: {command: x}}\n", "home/registry.yaml": "version: 1\n"})
	if _, err := s.LoadWith([]byte("profiles: {p: {servers: [a]}}\n")); err != nil {
		t.Error(err)
	}
	if _, err := s.LoadWith([]byte("profiles: {p: {servers: [b]}}\n")); err == nil {
		t.Error("an edit that names nobody was taken")
	}
	if len(load(t, s).Profiles) != 1 {
		t.Error("what was only asked was kept")
	}
}

// A layer alone may name what another one has, and nothing else is let through.
func TestParseLayer(t *testing.T) {
	text := "servers: {corp: {env: {A: b}}}\nprofiles: {p: {servers: [far], allow: [far__x], deny: [far__y]}}\nclients: {zed: q}\n"
	if _, err := ParseLayer("r.yaml", []byte(text)); err != nil {
		t.Error(err)
	}
	if _, err := Parse("r.yaml", []byte(text)); err == nil {
		t.Error("the same alone was taken")
	}
	if _, err := ParseLayer("r.yaml", []byte("servers: {corp: {evn: {A: b}}}\nprofiles: {p: {deny: [far_y]}}\n")); err == nil || strings.Count(err.Error(), "\n") < 1 {
		t.Errorf("mistakes: %v", err)
	}
}
