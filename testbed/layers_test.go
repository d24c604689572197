package testbed_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/testbed"
)

// TestMachinePolicy: what the machine's policy forbids is not listed, is refused
// with the line that says so, and is back when the line is gone; whatever file
// is named.
func TestMachinePolicy(t *testing.T) {
	w := newWorld(t, fake+"  other: {command: @fake}\n")
	w.WriteFile(w.Dirs.Policy(), "version: 1\ndeny: [\"*__crash\"]\nservers: [fake, base]\n")
	w.WriteFile(filepath.Join(w.Dirs.MachineRegistry(), "base.yaml"), w.Expand("servers: {base: {command: @fake, share: global}}\n"))
	c := w.Connect(testbed.ClientOptions{})
	c.MustCall("fake__pid", "{}")
	names, _ := c.Ask(mcp.ToolsList, "").Tools()
	if !slices.Contains(names, "base__echo") || slices.Contains(names, "fake__crash") || slices.Contains(names, "other__echo") {
		t.Errorf("the client sees %v", names)
	}
	failed(t, c.Call("fake__crash", "{}"), loomrpc.CodeNotAllowed, "not_allowed", "forbidden by "+w.Dirs.Policy()+":2")
	status := w.MustLoom("status")
	for _, want := range []string{"other   forbidden", "other is off: forbidden by " + w.Dirs.Policy() + ":3", "base.yaml (machine)", "policy.yaml (policy)"} {
		if !strings.Contains(status, want) {
			t.Errorf("loom status does not say %q:\n%s", want, status)
		}
	}

	// A reload in which the policy is no policy changes nothing.
	c.Forget(mcp.ToolsListChanged)
	if err := os.Chmod(w.Dirs.Policy(), 0o666); err != nil {
		t.Fatal(err)
	}
	if o := w.Loom("reload"); o.Code == 0 || !strings.Contains(o.Stderr, "sudo chmod go-w") {
		t.Errorf("a policy that all can write: %d, %s", o.Code, o.Stderr)
	}
	failed(t, c.Call("fake__crash", "{}"), loomrpc.CodeNotAllowed, "not_allowed", "forbidden by")

	if err := os.Remove(w.Dirs.Policy()); err != nil {
		t.Fatal(err)
	}
	w.MustLoom("reload")
	c.Notification(mcp.ToolsListChanged)
	names, _ = c.Ask(mcp.ToolsList, "").Tools()
	if !slices.Contains(names, "fake__crash") {
		t.Errorf("without the policy the client sees %v", names)
	}
}

// TestNobodyMovesTheMachine: what puts another folder in place of /etc/loom is for
// test binaries. A program that called it would have no policy.
func TestNobodyMovesTheMachine(t *testing.T) {
	found := 0
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "MachineForTest(") {
			found++
			if !strings.HasSuffix(path, "_test.go") && path != filepath.Join("..", "core", "localsock", "paths.go") {
				t.Errorf("%s calls it", path)
			}
		}
		return err
	})
	if err != nil || found < 3 {
		t.Errorf("found in %d files: %v", found, err)
	}
}

// TestPolicyCommands: a program that only PATH or a variable leads to is asked
// about when it is started.
func TestPolicyCommands(t *testing.T) {
	w := newWorld(t, "servers: {fake: {command: \"${env:HOME}/tool\", share: global}}\n")
	if err := os.Symlink(w.Expand("@fake"), filepath.Join(w.Home, "tool")); err != nil {
		t.Fatal(err)
	}
	w.WriteFile(w.Dirs.Policy(), "version: 1\ncommands: [/usr/bin/*]\n")
	o := w.Loom("call", "fake__echo")
	if o.Code == 0 {
		t.Fatal("a forbidden program was run")
	}
	if status := w.MustLoom("status"); !strings.Contains(status, "forbidden by "+w.Dirs.Policy()+":2: it does not allow the command "+w.Home+"/tool") {
		t.Errorf("loom call says %s, loom status\n%s", o.Stderr, status)
	}
}

// TestPolicyThatIsNone: loomd does not start without the policy that there is.
func TestPolicyThatIsNone(t *testing.T) {
	w := newWorld(t, fake)
	w.WriteFile(w.Dirs.Policy(), "version: 1\ndeny: [\"*__crash\"]\n")
	if err := os.Chmod(w.Dirs.Policy(), 0o666); err != nil {
		t.Fatal(err)
	}
	if o := w.Loom("start"); o.Code == 0 || !strings.Contains(o.Stderr, "can be written by others") {
		t.Errorf("loom start gave %d: %s", o.Code, o.Stderr)
	}
}

// TestProfileOfARunningSession: a client that is given another profile sees it
// in the session that it has.
func TestProfileOfARunningSession(t *testing.T) {
	w := newWorld(t, fake+`
profiles:
  default: {servers: ["*"]}
  few: {servers: ["*"], allow: ["fake__echo"]}
`)
	c := w.Connect(testbed.ClientOptions{Args: []string{"--client", "codex"}})
	other := w.Connect(testbed.ClientOptions{Args: []string{"--client", "zed"}})
	c.MustCall("fake__pid", "{}")
	other.MustCall("fake__pid", "{}")
	c.Forget(mcp.ToolsListChanged)
	if got := w.MustLoom("profile", "use", "few", "--client", "codex"); !strings.Contains(got, "codex has profile few") {
		t.Errorf("loom profile use says %s", got)
	}
	c.Notification(mcp.ToolsListChanged)
	failed(t, c.Call("fake__pid", "{}"), loomrpc.CodeNotAllowed, "not_allowed", "denied by profile few")
	c.MustCall("fake__echo", "{}")
	other.MustCall("fake__pid", "{}")
	if got := w.MustLoom("profile", "list"); !strings.Contains(got, "few            1      1") {
		t.Errorf("loom profile list says\n%s", got)
	}
	w.MustLoom("profile", "use", "default", "--client", "codex")
	c.Notification(mcp.ToolsListChanged)
	c.MustCall("fake__pid", "{}")
}

// TestFiftyHomes: one machine layer and one policy give every home the same
// servers, and nothing wider, whatever it writes itself. A few run them.
func TestFiftyHomes(t *testing.T) {
	w := newWorld(t, "servers: {}\n")
	w.WriteFile(w.Dirs.Policy(), "version: 1\nservers: [fake, corp]\nallow: [\"*__echo\", \"*__pid\"]\ndeny: [\"corp__pid\"]\n")
	w.WriteFile(filepath.Join(w.Dirs.MachineRegistry(), "corp.yaml"), w.Expand("servers:\n  corp: {command: @fake, share: global}\n  fake: {command: @fake, share: global}\n"))
	widen := []string{
		"",
		"servers: {own: {command: @fake}}\n",
		"servers: {corp: {env: {A: b}, tools: {\"*\": {enabled: true}}, read_only_tools: [\"*\"]}}\n",
		"profiles: {default: {servers: [\"*\"], allow: [\"*\"]}}\nclients: {codex: {profile: default, allow: [\"*\"]}}\n",
		"servers: {loom-x: {url: \"https://example.test/\"}}\nprofiles: {all: {servers: [\"*\"], deny: []}}\n",
	}
	homes := filepath.Dir(w.Dirs.Machine)
	for i := range 50 {
		home := filepath.Join(homes, fmt.Sprintf("home%02d", i))
		dirs := localsock.Dirs{Config: filepath.Join(home, ".config", "loom"), Machine: w.Dirs.Machine, MachineOwner: os.Getuid()}
		w.WriteFile(dirs.RegistryFile(), w.Expand("version: 1\n"+widen[i%len(widen)]))
		r, err := registry.Sources{Machine: dirs.MachineRegistry(), User: dirs.RegistryFile(), Dropins: dirs.Dropins(), Policy: dirs.Policy(), Owner: dirs.MachineOwner}.Load()
		if err != nil {
			t.Fatal(err)
		}
		var on []string
		for _, s := range r.Servers {
			if s.Enabled {
				on = append(on, string(s.Name))
			}
			for name := range r.Profiles {
				p, err := r.ProfileFor("codex", name)
				if err != nil {
					t.Fatal(err)
				}
				for _, tool := range []string{"echo", "pid", "crash"} {
					if may := s.Enabled && p.AllowsTool(s, tool, registry.ToolHint{}); may != (s.Enabled && (tool == "echo" || tool == "pid" && s.Name == "fake")) {
						t.Errorf("home %d, profile %s: %s__%s is %v", i, name, s.Name, tool, may)
					}
				}
			}
		}
		if !slices.Equal(on, []string{"corp", "fake"}) {
			t.Errorf("home %d has %v", i, on)
		}
	}
	want := []string{"corp__echo", "fake__echo", "fake__pid"}
	for _, text := range widen[:3] { // in turn: one world has one loomd
		w.WriteFile(w.Dirs.RegistryFile(), w.Expand("version: 1\n"+text))
		w.MustLoom("start")
		w.MustLoom("reload")
		var reply loomrpc.ToolsReply
		if err := json.Unmarshal([]byte(w.MustLoom("tools", "--json")), &reply); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, tool := range reply.Tools {
			if tool.Server != loomrpc.ServerPrefix {
				got = append(got, tool.Name)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("with %q loomd has %v, want %v", text, got, want)
		}
	}
}
