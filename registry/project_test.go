package registry

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func project(t testing.TB, text string) *Project {
	t.Helper()
	p, err := ParseProject("/src/a$b", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProject(t *testing.T) {
	p := project(t, `
version: 1
servers:
  db: {command: ./bin/db, cwd: sub, args: ["${env:ARG:-x}"], env: {TOKEN: "${secret:db}", OPT: "${secret:opt?}"}, client_env: [KUBECONFIG]}
  web: {url: "https://${env:HOST}/", headers: {Authorization: "Bearer ${secret:web}"}}
  git: {from: shipped}
allow: ["*__get*"]
deny: [db__get_all]
read_only: true
`)
	r := parse(t, "defaults: {timeout: 1m}\nservers: {own: {command: x}}\nprofiles: {ops: {servers: [own], deny: [own__y]}}\n")
	before := *r
	next, err := r.With(p, Granted{Secrets: []string{"db"}, Env: []string{"ARG"}})
	if err != nil {
		t.Fatal(err)
	}
	db, _ := next.Server("db")
	if db.Command != "/src/a$$b/bin/db" || db.Dir != "/src/a$$b/sub" || db.Project != "/src/a$b" || db.Share != ShareWorkspace || db.Timeout.String() != "1m0s" || !slices.Equal(db.Granted.Secrets, []string{"db"}) {
		t.Errorf("db is %+v", db)
	}
	git, _ := next.Server("git")
	if git.From != "shipped" || git.Share != ShareWorkspace || git.Dir != "/src/a$$b" || git.Project == "" {
		t.Errorf("git is %+v", git)
	}
	if own, _ := next.Server("own"); own.Project != "" {
		t.Errorf("own is %+v", own)
	}
	ops := next.Profiles["ops"]
	if !ops.ReadOnly || !reflect.DeepEqual(ops.Allow, [][]string{{"*__get*"}}) || !slices.Equal(ops.Deny, []string{"own__y", "db__get_all"}) {
		t.Errorf("ops is %+v", ops)
	}
	if !reflect.DeepEqual(before, *r) || r.Profiles["ops"].ReadOnly || len(r.Servers) != 1 {
		t.Error("the user's own registry was changed")
	}
	if next.Hash == r.Hash || len(p.Hash) != 64 {
		t.Errorf("hashes %s, %s", next.Hash, p.Hash)
	}
	if got := p.Secrets(); !slices.Equal(got, []string{"db", "opt", "web"}) {
		t.Errorf("secrets are %v", got)
	}
	if got := p.EnvNames(); !slices.Contains(got, "ARG") || !slices.Contains(got, "HOST") || !slices.Contains(got, "KUBECONFIG") {
		t.Errorf("variables are %v", got)
	}
	if o, ok := next.Origin("servers", "db", "command"); !ok || o.Layer != LayerProject || o.Pos.Line != 4 {
		t.Errorf("db's command is from %v", o)
	}
}

func TestProjectUnderPolicy(t *testing.T) {
	r := under(t, "servers: [\"d*\"]\ncommands: [\"/src/*\"]\ndeny: [db__drop]\n", "version: 1\n")
	next, err := r.With(project(t, "servers: {db: {command: ./db}, dc: {command: /bin/x}, web: {url: \"https://a.example/\"}}\nallow: [\"*\"]\n"), Granted{})
	if err != nil {
		t.Fatal(err)
	}
	for name, on := range map[ServerName]bool{"db": true, "dc": false, "web": false} {
		if s, _ := next.Server(name); s.Enabled != on || (s.Denied == "") != on {
			t.Errorf("%s: enabled %v, %q", name, s.Enabled, s.Denied)
		}
	}
	db, _ := next.Server("db")
	if p, _ := next.ProfileFor("", ""); p.AllowsTool(db, "drop", ToolHint{}) {
		t.Error("a project allows what the policy does not")
	}
}

func TestProjectProblems(t *testing.T) {
	for text, want := range map[string]string{
		"profiles: {}\n":                                                 `unknown key "profiles" in the registry of a project`,
		"clients: {}\n":                                                  `unknown key "clients"`,
		"defaults: {}\n":                                                 `unknown key "defaults"`,
		"secrets: {}\n":                                                  `unknown key "secrets"`,
		"servers: {a: {command: ../x}}\n":                                "command must stay within the project",
		"servers: {a: {command: ./../x}}\n":                              "command must stay within the project",
		"servers: {a: {command: x, cwd: ../b}}\n":                        "cwd must stay within the project",
		"servers: {a: {command: x, cwd: a/../../b}}\n":                   "cwd must stay within the project",
		"servers: {git: {command: x}}\n":                                 "comes with loom",
		"servers: {git: {from: shipped, command: x}}":                    "cannot give it another command",
		"servers: {../a: {command: x}}\n":                                "invalid name of a server",
		"servers: {a: {command: x, tools: {t: {always_allow: true}}}}\n": "a project may not approve its own tools",
		"allow: []\n":                                                    "allow names nothing",
		"servers: {a: {args: [x]}}\n":                                    "neither a command nor a url",
		"servers: {a: {command: x, args: [\"${secret:x}\"]}}\n":          "must not hold ${secret:x}",
	} {
		_, err := ParseProject("/p", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "/p/.loom/registry.yaml:1:") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	r := parse(t, "version: 1\nservers: {db: {command: x, enabled: false}}\n")
	_, err := r.With(project(t, "servers: {db: {command: y}}\n"), Granted{})
	if want := `/src/a$b/.loom/registry.yaml:1:11: server "db" is there already, from registry.yaml:2:11`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("a server of the user's: %v", err)
	}
}

func TestFindProject(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	home := filepath.Join(root, "home")
	for _, dir := range []string{"app/.loom", "app/src/deep", "app/sub/.git", "app/sub/src", ".loom", "other/x"} {
		must(t, os.MkdirAll(filepath.Join(home, dir), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(home, "app/.loom/registry.yaml"), nil, 0o644), os.WriteFile(filepath.Join(home, ".loom/registry.yaml"), nil, 0o644),
		os.Symlink(filepath.Join(home, "app/src"), filepath.Join(home, "link")), os.Symlink("loop", filepath.Join(home, "loop")))
	for cwd, want := range map[string]string{
		"app": "app", "app/src/deep": "app", "link/deep": "app", "app/sub/src": "", "app/sub": "", "other/x": "", ".": "", "loop": "", "missing": "",
	} {
		dir, ok := FindProject(filepath.Join(home, cwd), home)
		if ok != (want != "") || ok && dir != filepath.Join(home, want) {
			t.Errorf("FindProject(%s) = %q, %v, want %q", cwd, dir, ok, want)
		}
	}
	for _, cwd := range []string{"", "app", "/"} {
		if dir, ok := FindProject(cwd, home); ok {
			t.Errorf("FindProject(%q) = %q", cwd, dir)
		}
	}
}
