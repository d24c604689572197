package registry

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// under is the registry of a user under a policy.
func under(t testing.TB, policy, user string) *Registry {
	t.Helper()
	return load(t, disk(t, map[string]string{"etc/policy.yaml": policy, "home/registry.yaml": user}))
}

func TestPolicyServers(t *testing.T) {
	r := under(t, `
version: 1
servers: [git, "corp-*", tool, far, near, tmp, ref]
commands: ["/usr/bin/*", /opt/x]
urls: ["https://*.corp.example/mcp/*"]
`, `
servers:
  git: {from: shipped}
  corp-a: {command: /usr/bin/a}
  own: {command: /usr/bin/a}
  tool: {command: /home/me/a}
  tmp: {command: /usr/bin/../../tmp/a}
  far: {url: "https://evil.example/.corp.example/mcp/x"}
  near: {url: "https://a.corp.example/mcp/x"}
  ref: {command: "${env:TOOL}"}
`)
	for name, want := range map[ServerName]string{
		"git": "", "corp-a": "", "near": "", "ref": "",
		"own": "policy.yaml:3", "tool": "policy.yaml:4: it does not allow the command /home/me/a", "tmp": "policy.yaml:4: ", "far": "policy.yaml:5: it does not allow the address",
	} {
		s, _ := r.Server(name)
		if s.Enabled != (want == "") || !strings.Contains(s.Denied, want) || want != "" && !strings.HasPrefix(s.Denied, "forbidden by ") {
			t.Errorf("%s: enabled %v, denied %q, want %q", name, s.Enabled, s.Denied, want)
		}
	}
	// What a reference stands for is known where the server is started.
	ref, _ := r.Server("ref")
	if err := ref.Bounds.CheckCommand("/tmp/evil"); err == nil || !strings.Contains(err.Error(), "policy.yaml:4") {
		t.Errorf("a command behind a reference: %v", err)
	}
	if err := ref.Bounds.CheckCommand("/usr/bin/good"); err != nil {
		t.Error(err)
	}
}

func TestBounds(t *testing.T) {
	b := Bounds{Commands: []string{"/usr/bin/*"}, URLs: []string{"https://*.corp.example/mcp/*", "http://127.0.0.1:8080/*"}}
	for command, want := range map[string]bool{
		"/usr/bin/a": true, "/usr/bin/../../tmp/a": false, "/tmp/usr/bin/a": false, "usr/bin/a": false, "a": false, "": false, "/usr/bin/": false,
		"/home/me/link/../../../usr/bin/a": false, "//usr/bin/a": false, "/usr/bin/../bin/a": false,
	} {
		if got := b.CheckCommand(command) == nil; got != want {
			t.Errorf("CheckCommand(%q) = %v", command, got)
		}
	}
	for url, want := range map[string]bool{
		"https://a.corp.example/mcp/x": true, "HTTPS://A.corp.example/mcp/": true, "http://127.0.0.1:8080": true, "http://127.0.0.1:8080?q": true,
		"http://a.corp.example/mcp/x": false, "https://a.corp.example.evil.org/mcp/x": false, "https://evil.org/.corp.example/mcp/x": false,
		"https://evil.org?.corp.example/mcp/x": false, "https://evil.org#.corp.example/mcp/x": false, `https://evil.org\.corp.example/mcp/x`: false,
		"https://a.corp.example@evil.org/mcp/x": false, "https://evil.org@a.corp.example/mcp/x": false,
		"https://a.corp.example/mcp/../admin": false, "https://a.corp.example/mcp/%2E./admin": false, "https://a.corp.example/other": false,
		"http://127.0.0.1:80801/": false, "file:///etc/passwd": false, "": false,
	} {
		if got := b.CheckURL(url) == nil; got != want {
			t.Errorf("CheckURL(%q) = %v", url, got)
		}
	}
	none := Bounds{Commands: []string{}, URLs: []string{}}
	if none.CheckCommand("/bin/sh") == nil || none.CheckURL("https://a/") == nil {
		t.Error("an empty list allows something")
	}
	if (Bounds{}).CheckCommand("/bin/sh") != nil || (Bounds{}).CheckURL("https://a/") != nil {
		t.Error("no list forbids something")
	}
	if err := none.CheckURL("https://me:word@a/?token=word"); err == nil || strings.Contains(err.Error(), "word") {
		t.Errorf("what is in an address must not be shown: %v", err)
	}
}

const widening = `
servers:
  git: {from: shipped, command: mine, read_only_tools: ["*"]}
  own: {command: x, read_only_tools: ["*"]}
profiles:
  default: {servers: ["*"]}
  ops: {servers: ["*"], allow: ["*"], read_only: false, pinned: show}
clients: {codex: {profile: ops, allow: ["*"]}}
`

// Whatever a user writes, in whichever file, the policy holds.
func TestPolicyCannotBeWidened(t *testing.T) {
	const policy = "allow: [\"*__get*\"]\ndeny: [\"*secret*\"]\nread_only: true\npinned: enforce\nprojects: deny\n"
	s := disk(t, map[string]string{
		"etc/policy.yaml": policy, "home/registry.yaml": widening, "elsewhere/r.yaml": widening,
		"etc/registry.d/a.yaml": "servers: {corp: {command: x, read_only_tools: [\"get*\"]}}\n",
	})
	named := s
	named.Only = filepath.Join(filepath.Dir(filepath.Dir(s.User)), "elsewhere/r.yaml")
	for _, sources := range []Sources{s, named} {
		r := load(t, sources)
		for _, client := range []string{"", "codex", "other"} {
			for _, profile := range []string{"", "default", "ops"} {
				p, err := r.ProfileFor(client, profile)
				if err != nil {
					t.Fatal(err)
				}
				if !p.Enforce || !p.ReadOnly {
					t.Errorf("%s as %s: %+v", client, profile, p)
				}
				for _, hint := range []ToolHint{{}, {ReadOnly: true}, {ReadOnly: true, Trusted: true}} {
					for _, s := range r.Servers {
						for _, tool := range []string{"get", "get_secret", "delete"} {
							if got := p.AllowsTool(s, tool, hint); got != (s.Name == "corp" && tool == "get") {
								t.Errorf("%s as %s, %s %s with %+v: %v", client, profile, s.Name, tool, hint, got)
							}
						}
					}
				}
			}
		}
		p, err := ParseProject("/p", []byte("servers: {db: {command: ./db, read_only_tools: [\"*\"]}}\n"))
		must(t, err)
		if _, err := r.With(p, Granted{}); !errors.Is(err, ErrNoProjects) || !strings.Contains(err.Error(), "policy.yaml:5") {
			t.Errorf("a project where none are allowed: %v", err)
		}
	}
	if last := load(t, named).Files; last[len(last)-1].Layer != LayerPolicy || last[0].Layer != LayerNamed || len(last) != 2 {
		t.Errorf("read were %v", last)
	}
}

func TestPolicyBelievesShippedServers(t *testing.T) {
	r := under(t, "read_only: true\n", "servers: {git: {from: shipped}}\n")
	git, _ := r.Server("git")
	p, _ := r.ProfileFor("", "")
	if !p.AllowsTool(git, "get_status", ToolHint{ReadOnly: true}) || p.AllowsTool(git, "push", ToolHint{}) {
		t.Error("a shipped server is not believed, or too much")
	}
}

func TestDeniesTool(t *testing.T) {
	r := under(t, "allow: [\"a__*\"]\ndeny: [a__x]\n", "servers: {a: {command: x}, b: {command: x}}\n")
	a, _ := r.Server("a")
	b, _ := r.Server("b")
	for _, tc := range []struct {
		s          Server
		tool, want string
	}{{a, "y", ""}, {a, "x", "policy.yaml:2"}, {b, "y", "policy.yaml:1"}} {
		if got := r.Policy.DeniesTool(tc.s, tc.tool); !strings.HasSuffix(got, tc.want) || tc.want == "" && got != "" {
			t.Errorf("%s %s: %q, want %q", tc.s.Name, tc.tool, got, tc.want)
		}
	}
	if (*Policy)(nil).DeniesTool(a, "x") != "" {
		t.Error("no policy denies something")
	}
}

// A policy with a mistake is an error: nothing is served without it.
func TestPolicyProblems(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "policy.yaml:1:1: the policy is empty",
		"# nothing\n":                         "the policy is empty",
		"servers:\n":                          "servers names nothing (write [] for none at all)",
		"servers: git\n":                      "servers must be a list",
		"allow: []\n":                         "allow names nothing",
		"deny:\n":                             "deny names nothing",
		"deny: [git_push]\n":                  `"git_push" matches no tool`,
		"deny: [\"git__{a,b}\"]\n":            "invalid pattern",
		"commands: [npx]\n":                   "commands are whole paths",
		"commands: [/usr/../bin/x]\n":         `write "/bin/x"`,
		"urls: [\"https://a.example\"]\n":     "write it like https://host/*",
		"urls: [\"https://u@a.example/\"]\n":  "has no user",
		"read_only: yes\n":                    "read_only must be true or false",
		"pinned: maybe\n":                     "pinned must be show or enforce",
		"projects: no\n":                      "projects must be allow or deny",
		"profiles: {}\n":                      "a policy takes away",
		"deny: &a [\"*\"]\nallow: *a\n":       "the anchor &a is refused",
		"deny: [\"*\"]\ndeny: [\"a__*\"]\n":   `"deny" is given twice`,
		"version: 2\n":                        "version 2 is not understood",
		"deny: [\"*\"]\n---\ndeny: [\"a\"]\n": "a second YAML document",
	} {
		_, err := disk(t, map[string]string{"etc/policy.yaml": text}).Load()
		var invalid *ValidationError
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	s := disk(t, nil)
	must(t, os.MkdirAll(s.Policy, 0o755))
	if _, err := s.Load(); err == nil || !strings.Contains(err.Error(), "reading policy: ") {
		t.Errorf("a folder in its place: %v", err)
	}
}

// FuzzLayers: nothing panics, and no text of a user's lets through what the
// policy alone does not.
func FuzzLayers(f *testing.F) {
	f.Add("servers: [\"*\"]\nallow: [\"*__get*\"]\ndeny: [\"own__*\"]\nread_only: true\n", widening, "servers: {db: {command: ./x}}\ndeny: [\"*\"]\n", "get_x")
	f.Add("servers: []\ncommands: []\n", widening, "servers: {db: {url: \"http://a/\"}}\n", "delete")
	f.Add("commands: [\"/usr/*\"]\nread_only: true\n", "servers: {git: {from: shipped, targets: {a: {command: /opt/x, enabled: true}}}, corp: {targets: {a: {enabled: true}}}}\nclients: {a: {allow: [\"*\"]}}\n", "servers: {db: {command: ./x, targets: {a: {command: ./y}}}}\n", "get")
	f.Add("deny: [\"*\"]\n", "clients: {a: {allow: [\"*\"]}}\n", "allow: [\"*\"]\n", "x")
	f.Fuzz(func(t *testing.T, policy, user, project, tool string) {
		rules, err := ParsePolicy("p", []byte(policy))
		if err != nil {
			return
		}
		r, err := merge("u", []source{{File: File{LayerMachine, "m"}, data: []byte("servers: {corp: {command: x}}\n")}, {File: File{LayerUser, "u"}, data: []byte(user)}}, &source{File: File{LayerPolicy, "p"}, data: []byte(policy)})
		if err != nil {
			return
		}
		all := []*Registry{r}
		if p, err := ParseProject("/p", []byte(project)); err == nil {
			if next, err := r.With(p, Granted{}); err == nil {
				all = append(all, next)
			}
		}
		alone := Profile{Servers: []string{"*"}, Allow: rules.Allow, Deny: rules.Deny, ReadOnly: rules.ReadOnly, Strict: rules.ReadOnly, Enforce: rules.Enforce}
		for _, r := range all {
			clients := []string{""}
			for c := range r.Clients {
				clients = append(clients, c)
			}
			for name := range r.Profiles {
				for _, client := range clients {
					p, err := r.ProfileFor(client, name)
					if err != nil {
						t.Fatal(err)
					}
					if rules.Enforce && !p.Enforce {
						t.Fatalf("profile %s does not enforce", name)
					}
					for _, s := range r.Servers {
						if !s.Enabled {
							continue
						}
						if rules.Servers != nil && !slices.ContainsFunc(rules.Servers, func(g string) bool { return matchGlob(g, string(s.Name)) }) {
							t.Fatalf("server %s is on", s.Name)
						}
						vouched := s
						vouched.ReadOnlyTools = s.Vouched
						if s.OwnCommand || s.Project != "" && s.From != "shipped" {
							vouched.From = ""
						}
						for _, hint := range []ToolHint{{}, {ReadOnly: true, Trusted: true}} {
							if p.AllowsTool(s, tool, hint) && !alone.AllowsTool(vouched, tool, hint) {
								t.Fatalf("%s %s with %+v", s.Name, tool, hint)
							}
						}
					}
				}
			}
		}
	})
}
