package registry

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/loom-core/loom/core/depstest"
)

func TestImports(t *testing.T) {
	depstest.Forbid(t, "net", "the registry is values made of bytes; a lookup on the network would make it differ from run to run")
	depstest.Forbid(t, "os/exec", "reading a registry must start nothing")
}

func parse(t *testing.T, text string) *Registry {
	t.Helper()
	r, err := Parse("registry.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMatchGlob(t *testing.T) {
	for _, tc := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "", true}, {"*", "a/b", true}, {"a", "a", true}, {"a", "ab", false}, {"a*", "a", true}, {"*b", "aab", true},
		{"*delete*", "pods/delete_all", true}, {"*delete*", "Delete", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"a*b*c", "axxbyyc", true}, {"a*b*c", "axxcyyb", false}, {"**", "x", true}, {"?*", "", false}, {"*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false},
	} {
		if got := matchGlob(tc.pattern, tc.name); got != tc.want {
			t.Errorf("matchGlob(%q, %q) = %v", tc.pattern, tc.name, got)
		}
	}
}

func TestToolEnabled(t *testing.T) {
	r := parse(t, `
servers:
  a: {command: x, tools: {"*": {enabled: false}, "get_*": {enabled: true}, get_secret: {enabled: false}}}
  b: {command: x, tools: {get_secret: {enabled: false}, "get_*": {enabled: true}}}
  c: {command: x}
`)
	for _, tc := range []struct {
		server ServerName
		tool   string
		want   bool
	}{
		{"a", "delete", false}, {"a", "get_pod", true}, {"a", "get_secret", false},
		{"b", "get_secret", true}, {"b", "delete", true}, {"c", "anything", true},
	} {
		s, _ := r.Server(tc.server)
		if got := s.ToolEnabled(tc.tool); got != tc.want {
			t.Errorf("%s: ToolEnabled(%q) = %v", tc.server, tc.tool, got)
		}
	}
}

func TestProfiles(t *testing.T) {
	r := parse(t, `
servers:
  git: {from: shipped}
  loki: {command: x, categories: [observability]}
  files: {command: x, enabled: false}
profiles:
  ops: {categories: [observability]}
  code: {servers: [git, "f*"]}
  nothing: {servers: []}
clients: {codex: ops, zed: nothing}
`)
	for _, tc := range []struct {
		client, profile string
		want            []ServerName
	}{
		{"", "", []ServerName{"files", "git", "loki"}},
		{"claude", "", []ServerName{"files", "git", "loki"}},
		{"codex", "", []ServerName{"loki"}},
		{"codex", "code", []ServerName{"files", "git"}},
		{"codex", "default", []ServerName{"files", "git", "loki"}},
		{"zed", "", nil},
	} {
		p, err := r.ProfileFor(tc.client, tc.profile)
		if err != nil {
			t.Errorf("ProfileFor(%q, %q): %v", tc.client, tc.profile, err)
		}
		var got []ServerName
		for _, s := range r.Servers {
			if p.Allows(s) {
				got = append(got, s.Name)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("ProfileFor(%q, %q) allows %v, want %v", tc.client, tc.profile, got, tc.want)
		}
	}
	_, err := r.ProfileFor("codex", "opps")
	if want := `unknown profile "opps": the registry has code, default, nothing, ops`; err == nil || err.Error() != want {
		t.Errorf("ProfileFor of an unknown profile: %v", err)
	}
	if p, err := new(Registry).ProfileFor("x", ""); err != nil || !p.Allows(Server{Name: "a"}) {
		t.Errorf("the zero Registry has no default profile: %v, %v", p, err)
	}
	if (Profile{}).Allows(Server{Name: "a"}) {
		t.Error("the zero Profile allows something")
	}
}

// What a client may not do it may not do under another profile either.
func TestProfileForNarrows(t *testing.T) {
	r := parse(t, `
servers: {git: {from: shipped}}
profiles:
  ops: {servers: [git], allow: ["git__*"], deny: [git__push]}
clients:
  codex: {profile: ops, allow: ["git__get_*"], deny: [git__get_secret]}
  zed: {deny: []}
`)
	names := map[string]Profile{}
	for _, tc := range []struct {
		client, profile, name string
		allow                 [][]string
		deny                  []string
	}{
		{"", "ops", "ops", [][]string{{"git__*"}}, []string{"git__push"}},
		{"codex", "", "ops\x00client:codex", [][]string{{"git__*"}, {"git__get_*"}}, []string{"git__push", "git__get_secret"}},
		{"codex", "default", "default\x00client:codex", [][]string{{"git__get_*"}}, []string{"git__get_secret"}},
		{"zed", "", "default", nil, nil},
		{"other", "", "default", nil, nil},
	} {
		p, err := r.ProfileFor(tc.client, tc.profile)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != tc.name || !reflect.DeepEqual(p.Allow, tc.allow) || !slices.Equal(p.Deny, tc.deny) {
			t.Errorf("ProfileFor(%q, %q) = %+v", tc.client, tc.profile, p)
		}
		if other, ok := names[p.Name]; ok && !reflect.DeepEqual(p, other) {
			t.Errorf("two profiles are called %q", p.Name)
		}
		names[p.Name] = p
	}
	if ops := r.Profiles["ops"]; len(ops.Allow) != 1 || len(ops.Deny) != 1 {
		t.Errorf("the profile of the file was changed: %+v", ops)
	}
}

// A rule of the user's own over a shipped one changes what it says, and no more.
func TestMergeRules(t *testing.T) {
	off, on, small, large := false, true, int64(1), int64(2)
	base := []ToolRule{{Pattern: "a", Enabled: &off, MaxResult: &small}, {Pattern: "b", Enabled: &off}}
	own := []ToolRule{{Pattern: "c", Enabled: &on}, {Pattern: "a", MaxResult: &large}}
	want := []ToolRule{{Pattern: "b", Enabled: &off}, {Pattern: "c", Enabled: &on}, {Pattern: "a", Enabled: &off, MaxResult: &large}}
	if got := mergeRules(own, base); !reflect.DeepEqual(got, want) {
		t.Errorf("mergeRules = %+v", got)
	}
	if own[1].Enabled != nil {
		t.Error("the user's rules were changed in place")
	}
}

func TestShipped(t *testing.T) {
	var names []ServerName
	for _, s := range Shipped() {
		names = append(names, s.Name)
		if s.Enabled || s.From != "shipped" || s.Timeout != 10*time.Minute || s.Concurrency != 16 || s.Pos.Line == 0 {
			t.Errorf("got %+v", s)
		}
	}
	if !slices.Equal(names, []ServerName{"git", "gitea", "github", "gitlab", "k8s", "k8s-ops", "loki", "prometheus"}) {
		t.Errorf("shipped are %v", names)
	}
}

// What one caller does to its values must not reach the next.
func TestShippedIsNotShared(t *testing.T) {
	r := parse(t, "servers: {git: {from: shipped}, prometheus: {from: shipped}}")
	git, _ := r.Server("git")
	git.Categories[0] = "changed"
	prometheus, _ := r.Server("prometheus")
	prometheus.Env[0].Value = "changed"
	again := parse(t, "servers: {git: {from: shipped}, prometheus: {from: shipped}}")
	if git, _ := again.Server("git"); git.Categories[0] != "code" {
		t.Error("the categories of git were changed for everyone")
	}
	if prometheus, _ := again.Server("prometheus"); prometheus.Env[0].Value == "changed" {
		t.Error("the env of prometheus was changed for everyone")
	}
}

func TestDefaultsReachShippedServers(t *testing.T) {
	r := parse(t, "defaults: {timeout: 1m, idle_timeout: 0}\nservers: {git: {from: shipped, timeout: 2m}, own: {command: x}}")
	git, _ := r.Server("git")
	own, _ := r.Server("own")
	if git.Timeout != 2*time.Minute || git.IdleTimeout != 0 || own.Timeout != time.Minute || own.Concurrency != 4 || own.Share != ShareWorkspace {
		t.Errorf("got %+v\n%+v", git, own)
	}
}
