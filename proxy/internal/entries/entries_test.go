package entries

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/core/toolname"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

var host = target.Host{OS: "linux", Home: "/home/me", Config: "/home/me/.config"}

// want is what a client would be given on a machine with two programs beside loom.
func want(reg *registry.Registry, t target.Target, mode Mode) Want {
	return Want{
		Registry: reg, Target: t, Host: host, Path: t.User(host)[0], Mode: mode,
		Loom: Program{Command: "/opt/loom/bin/loom"},
		Beside: func(command string) (string, bool) {
			return "/opt/loom/bin/" + command, slices.Contains([]string{"mcp-git", "mcp-k8s", "mcp-prometheus"}, command)
		},
	}
}

func rich(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/registry.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, text string) *registry.Registry {
	t.Helper()
	reg, err := registry.Parse("registry.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

func text(t testing.TB, w Want) []byte {
	t.Helper()
	o, err := Of(w)
	if err != nil {
		t.Fatal(err)
	}
	data, err := Text(w.Target, o)
	if err != nil {
		t.Fatalf("%s, %s: %v", w.Target.ID, w.Mode, err)
	}
	return data
}

var modes = []Mode{Loom, Split, Direct}

func TestGenerated(t *testing.T) {
	reg := parse(t, string(rich(t)))
	known := map[string]bool{}
	for _, tgt := range target.All() {
		for _, mode := range modes {
			name := filepath.Join("generated", string(mode), tgt.ID, FileName(tgt, host))
			known[filepath.Join("testdata", name)] = true
			data := text(t, want(reg, tgt, mode))
			golden.Check(t, name, data)
			if got := ModeOf(tgt, data); got != mode {
				t.Errorf("%s: ModeOf is %q", name, got)
			}
		}
	}
	left, err := filepath.Glob("testdata/generated/*/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if !known[path] {
			t.Errorf("%s is of no client", path)
		}
	}
}

// The order of the file does not count, nor that of any map that was read.
func TestSameInputSameBytes(t *testing.T) {
	var doc yaml.Node
	if err := yaml.Unmarshal(rich(t), &doc); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	reg := parse(t, string(rich(t)))
	for range 5 {
		shuffle(random, &doc)
		shuffled, err := yaml.Marshal(&doc)
		if err != nil {
			t.Fatal(err)
		}
		again := parse(t, string(shuffled))
		for _, tgt := range target.All() {
			for _, mode := range modes {
				a, errA := Of(want(reg, tgt, mode))
				b, errB := Of(want(again, tgt, mode))
				if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
					t.Fatalf("%s, %s:\n%v, %v\n%v, %v", tgt.ID, mode, a, errA, b, errB)
				}
			}
		}
	}
	for _, id := range []string{"codex", "claude", "continue"} { // one of each format
		tgt, _ := target.Find(id)
		if a, b := text(t, want(reg, tgt, Direct)), text(t, want(reg, tgt, Direct)); !bytes.Equal(a, b) {
			t.Errorf("%s:\n%s\n%s", id, a, b)
		}
	}
}

func shuffle(random *rand.Rand, n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		random.Shuffle(len(n.Content)/2, func(i, j int) {
			for k := range 2 {
				n.Content[2*i+k], n.Content[2*j+k] = n.Content[2*j+k], n.Content[2*i+k]
			}
		})
	}
	for _, child := range n.Content {
		shuffle(random, child)
	}
}

// line is what is started for one server, as a shell would write it.
func line(t *testing.T, w Want, server string) string {
	t.Helper()
	o, err := Of(w)
	if err != nil {
		return err.Error()
	}
	v, ok := o.Get(server)
	if !ok {
		return "(none)"
	}
	f, _ := w.Target.Found(v.(configfile.Object))
	return strings.Join(append([]string{f.Command + f.URL}, f.Args...), " ")
}

func TestLines(t *testing.T) {
	reg := parse(t, `
servers:
  git: {command: mcp-git, args: [x]}
  secret: {command: mcp-secret, env: {API: "${secret:api}"}}
  remote: {url: "https://example.com/mcp", headers: {A: "${secret:a}"}}
  open: {url: "https://example.com/open"}
profiles:
  work: {servers: [git]}
  default: {servers: ["*"]}
clients: {gemini: work}
`)
	windows := target.Host{OS: "linux", Home: "/home/me", Windows: "/mnt/c/Users/me", Distro: "Ubuntu"}
	for _, tc := range []struct {
		client, server, want string
		change               func(*Want)
	}{
		{"claude", "loom", "/opt/loom/bin/loom proxy --client claude", func(w *Want) { w.Mode = Loom }},
		{"claude", "loom", "/opt/loom/bin/loom proxy --client claude --socket /s --registry /r --profile work", func(w *Want) {
			w.Mode, w.Profile, w.Loom.Socket, w.Loom.Registry = Loom, "work", "/s", "/r"
		}},
		{"gemini", "loom", "/opt/loom/bin/loom proxy --client gemini", func(w *Want) { w.Mode, w.Profile = Loom, "work" }},
		{"gemini", "loom", "/opt/loom/bin/loom proxy --client gemini --profile default", func(w *Want) { w.Mode, w.Profile = Loom, "default" }},
		{"claude", "loom", `unknown profile "none": the registry has default, work`, func(w *Want) { w.Mode, w.Profile = Loom, "none" }},
		{"claude", "loom", "loom proxy", func(w *Want) { w.Mode, w.Shared = Loom, true }},
		{"claude", "git", "/opt/loom/bin/loom proxy --client claude --server git", func(w *Want) { w.Mode = Split }},
		{"gemini", "open", "(none)", func(w *Want) { w.Mode = Split }},

		{"claude", "git", "/opt/loom/bin/mcp-git x", nil},
		{"gemini", "open", "(none)", nil},
		{"claude", "open", "https://example.com/open", nil},
		{"claude", "secret", "/opt/loom/bin/loom run secret", nil},
		{"claude", "secret", "/opt/loom/bin/loom run secret --registry /r", func(w *Want) { w.Loom.Registry, w.Loom.Socket = "/r", "/s" }},
		{"claude", "remote", "/opt/loom/bin/loom proxy --client claude --server remote", nil},
		{"claude", "git", "mcp-git x", func(w *Want) { w.Shared = true }},
		{"claude", "secret", "loom run secret", func(w *Want) { w.Shared, w.Loom.Registry = true, "/r" }},

		{"vscode", "git", "wsl.exe -d Ubuntu -e /opt/loom/bin/loom run git", func(w *Want) { w.Host, w.Path = windows, windows.Windows+"/mcp.json" }},
		{"vscode", "open", "https://example.com/open", func(w *Want) { w.Host, w.Path = windows, windows.Windows+"/mcp.json" }},
		{"vscode", "loom", "wsl.exe -d Ubuntu -e /opt/loom/bin/loom proxy --client vscode", func(w *Want) {
			w.Mode, w.Host, w.Path = Loom, windows, windows.Windows+"/mcp.json"
		}},
	} {
		tgt, _ := target.Find(tc.client)
		w := want(reg, tgt, Direct)
		if tc.change != nil {
			tc.change(&w)
		}
		if got := line(t, w, tc.server); got != tc.want {
			t.Errorf("%s, %s, %s:\n%s, want\n%s", tc.client, w.Mode, tc.server, got, tc.want)
		}
	}
}

// What the machine's policy says is seen to by loomd and by loom run: a client
// that starts a server itself would get around it.
func TestPolicyIsKept(t *testing.T) {
	tgt, _ := target.Find("claude")
	for policy, want1 := range map[string]string{
		"servers: [git]\n":                     "/opt/loom/bin/mcp-git",
		"read_only: true\n":                    "/opt/loom/bin/loom proxy --client claude --server git",
		"deny: [git__push]\n":                  "/opt/loom/bin/loom proxy --client claude --server git",
		"deny: [\"git__*\"]\n":                 "(none)",
		"commands: [\"/opt/loom/bin/mcp*\"]\n": "/opt/loom/bin/loom run git",
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"policy.yaml": policy, "registry.yaml": "servers: {git: {command: mcp-git}}\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		reg, err := registry.Sources{User: filepath.Join(dir, "registry.yaml"), Policy: filepath.Join(dir, "policy.yaml"), Owner: os.Getuid()}.Load()
		if err != nil {
			t.Fatal(err)
		}
		if got := line(t, want(reg, tgt, Direct), "git"); got != want1 {
			t.Errorf("%s: %s, want %s", policy, got, want1)
		}
	}
}

func TestNamesOfAllowedTools(t *testing.T) {
	reg := parse(t, fmt.Sprintf("servers: {git: {command: x, tools: {push: {alias: send}, %s: {enabled: true}}}}", strings.Repeat("long", 15)))
	s, _ := reg.Server("git")
	tools := []string{"log", "push", "a.b", strings.Repeat("long", 15)}
	for name, tc := range map[string]struct {
		profile registry.Profile
		want    string
	}{
		"usual":  {registry.Profile{}, "git__log git__send " + toolname.Expose("git", "a.b") + " " + toolname.Expose("git", strings.Repeat("long", 15))},
		"bare":   {registry.Profile{}.BareServer("git"), strings.Replace(strings.Join(tools, " "), "push", "send", 1)},
		"search": {registry.Profile{Search: true}, ""},
	} {
		if got := strings.Join(seen(s, tc.profile, tools), " "); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
