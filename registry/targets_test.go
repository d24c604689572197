package registry

import (
	"slices"
	"strings"
	"testing"
)

// as is what the sessions of a client have under a name.
func as(t testing.TB, r *Registry, name ServerName, client string) Server {
	t.Helper()
	var found []Server
	for _, s := range r.Servers {
		if s.Name == name && s.IsFor(client) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%q has %d servers %s", client, len(found), name)
	}
	return found[0]
}

func TestTargets(t *testing.T) {
	r := parse(t, `
servers:
  db:
    command: db
    args: [a]
    env: {A: "1", B: "2"}
    tools: {get: {enabled: false}}
    targets:
      codex: {args: [b], env: {B: "3"}}
      zed: {enabled: false}
`)
	if base, _ := r.Server("db"); base.Client != "" || base.ID() != "db" || !base.Enabled || base.IsFor("codex") || !base.IsFor("") || !base.IsFor("claude") {
		t.Errorf("db is %+v", base)
	}
	for _, client := range []string{"", "claude"} {
		if s := as(t, r, "db", client); s.Client != "" || !slices.Equal(s.Args, []string{"a"}) || s.Env[1].Value != "2" {
			t.Errorf("%q has %+v", client, s)
		}
	}
	codex := as(t, r, "db", "codex")
	if codex.ID() != "db+codex" || !slices.Equal(codex.Args, []string{"b"}) || !slices.Equal(codex.Env, []EnvVar{{"A", "1"}, {"B", "3"}}) || codex.ToolEnabled("get") || codex.Pos.Line != 9 {
		t.Errorf("codex has %+v", codex)
	}
	if zed := as(t, r, "db", "zed"); zed.Enabled || !slices.Equal(zed.Args, []string{"a"}) {
		t.Errorf("zed has %+v", zed)
	}
	codex.Env[0].Value, codex.Args[0], codex.Tools[0].Pattern = "spoilt", "spoilt", "spoilt"
	for _, client := range []string{"", "zed"} {
		if s := as(t, r, "db", client); s.Env[0].Value != "1" || s.Args[0] != "a" || s.Tools[0].Pattern != "get" {
			t.Errorf("what codex has is shared with %q: %+v", client, s)
		}
	}
}

func TestTargetsOfLayers(t *testing.T) {
	s := disk(t, map[string]string{
		"etc/registry.d/a.yaml": `
servers:
  db: {command: db, env: {A: base}, targets: {codex: {args: [m], env: {B: m, A: null}}, zed: {enabled: false}}}
  far: {url: "https://a.test/", headers: {X-One: a}, targets: {codex: {headers: {x-two: b, x-one: }}}}
  git: {from: shipped, targets: {codex: {command: /opt/git}}}
`,
		"home/registry.yaml": `
servers:
  db: {targets: {codex: {env: {A: mine, B: null}}, claude: {env: {C: d}}, zed: {enabled: true}}}
  far: {targets: {codex: {headers: {X-Two: c}}}}
  git: {targets: {zed: {command: /mine/git}}}
`,
	})
	r := load(t, s)
	codex, claude := as(t, r, "db", "codex"), as(t, r, "db", "claude")
	if !slices.Equal(codex.Env, []EnvVar{{"A", "mine"}}) || !slices.Equal(codex.Args, []string{"m"}) || !slices.Equal(claude.Env, []EnvVar{{"A", "base"}, {"C", "d"}}) || !as(t, r, "db", "zed").Enabled {
		t.Errorf("codex has %+v, claude %+v", codex, claude)
	}
	if far := as(t, r, "far", "codex"); !slices.Equal(far.Headers, []EnvVar{{"X-Two", "c"}}) {
		t.Errorf("codex has %+v", far)
	}
	// The machine's choice of a command is not the user's own.
	if as(t, r, "git", "codex").OwnCommand || !as(t, r, "git", "zed").OwnCommand || as(t, r, "git", "").OwnCommand {
		t.Error("whose command it is was mistaken")
	}
	for path, want := range map[string]string{"servers.db.targets.codex.args": "machine", "servers.db.targets.codex.env.A": "user", "servers.db.targets.zed.enabled": "user"} {
		if o, _ := r.Origin(strings.Split(path, ".")...); string(o.Layer) != want {
			t.Errorf("%s is from %v", path, o)
		}
	}
}

func TestTargetsUnderPolicy(t *testing.T) {
	r := under(t, "servers: [db, git]\ncommands: [\"/usr/bin/*\"]\n", `
servers:
  db: {command: /usr/bin/db, targets: {codex: {command: /opt/db}, zed: {args: [x]}}}
  git: {command: /opt/git, targets: {codex: {command: /usr/bin/git}}}
  no: {command: /usr/bin/no, targets: {codex: {enabled: true}}}
`)
	for _, tc := range []struct {
		name   ServerName
		client string
		on     bool
	}{{"db", "", true}, {"db", "codex", false}, {"db", "zed", true}, {"git", "", false}, {"git", "codex", true}, {"no", "", false}, {"no", "codex", false}} {
		if s := as(t, r, tc.name, tc.client); s.Enabled != tc.on || (s.Denied == "") != tc.on {
			t.Errorf("%s for %q: enabled %v, %q", tc.name, tc.client, s.Enabled, s.Denied)
		}
	}
	text, err := r.Show(View{})
	if err != nil {
		t.Fatal(err)
	}
	again := parse(t, string(text))
	for _, s := range r.Servers {
		if got := as(t, again, s.Name, s.Client); got.Enabled != s.Enabled {
			t.Errorf("%s is shown as enabled: %v\n%s", s.ID(), got.Enabled, text)
		}
	}
	if !strings.Contains(string(text), "enabled: false # forbidden by") || !strings.Contains(string(text), "        command: /opt/db\n        enabled: false # forbidden by") {
		t.Errorf("why is not shown:\n%s", text)
	}
}

func TestTargetsOfProjects(t *testing.T) {
	r := parse(t, "servers: {own: {command: x, targets: {codex: {args: [a]}}}}\n")
	p := project(t, "servers: {db: {command: ./db, targets: {codex: {command: ./other, env: {T: \"${secret:t}\"}}}}}\n")
	next, err := r.With(p, Granted{Secrets: []string{"t"}})
	if err != nil {
		t.Fatal(err)
	}
	codex := as(t, next, "db", "codex")
	if codex.Command != "/src/a$$b/other" || codex.Dir != "/src/a$$b" || codex.Project != p.Dir || !codex.MayHaveSecret("t") || !strings.HasPrefix(codex.ID(), "db@") || !strings.HasSuffix(codex.ID(), "+codex") {
		t.Errorf("codex has %+v, %s", codex, codex.ID())
	}
	if s := as(t, next, "db", "zed"); s.Command != "/src/a$$b/db" {
		t.Errorf("zed has %+v", s)
	}
	if as(t, next, "own", "codex").Project != "" || !slices.Equal(p.Secrets(), []string{"t"}) || len(p.Servers()) != 2 {
		t.Errorf("the project has %v, and wants %v", p.Servers(), p.Secrets())
	}
	if text, err := next.Show(View{}); err != nil || strings.Count(string(text), "targets:") != 2 {
		t.Errorf("shown is %v\n%s", err, text)
	}
	for text, want := range map[string]string{
		"servers: {own: {command: y, targets: {zed: {args: [b]}}}}\n":          `server "own" is there already`,
		"servers: {own: {targets: {zed: {args: [b]}}}}\n":                      "neither a command nor a url",
		"servers: {git: {from: shipped, targets: {zed: {command: ./git}}}}\n":  "cannot give it another command",
		"servers: {db: {command: x, targets: {zed: {command: ../x}}}}\n":       "must stay within the project",
		"servers: {db: {command: x, targets: {zed: {url: \"https://a/\"}}}}\n": `target "zed" has url`,
	} {
		p, err := ParseProject("/p", []byte(text))
		if err == nil {
			_, err = r.With(p, Granted{})
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
