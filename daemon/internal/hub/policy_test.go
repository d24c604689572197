package hub

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/pin"
)

const policies = `
version: 1
servers:
  files: {command: x, read_only_tools: ["peek*"], tools: {off: {enabled: false}}}
  git: {from: shipped}
profiles:
  default: {servers: ["*"]}
  deny: {servers: ["*"], deny: ["*__wri*"]}
  allow: {servers: ["*"], allow: ["files__re*", "git__*"], deny: [git__write]}
  read: {servers: ["*"], read_only: true}
  enforce: {servers: ["*"], pinned: enforce}
  enforceread: {servers: ["*"], pinned: enforce, read_only: true}
  search: {servers: ["*"], tools: search}
clients:
  claude: {profile: default, deny: [files__read]}
`

func policyWorld(t *testing.T) *Hub {
	t.Helper()
	reads := func(name string) string { return `{"name":"` + name + `","annotations":{"readOnlyHint":true}}` }
	return newWorld(t, policies, &catalog.Entry{
		Server: "files", Tools: defs("name", reads("read"), `{"name":"write"}`, `{"name":"peek_in"}`, `{"name":"off"}`),
		Prompts: defs("name", `{"name":"write"}`), Resources: defs("uri", `{"uri":"f://1"}`),
	}, &catalog.Entry{Server: "git", Tools: defs("name", reads("log"), `{"name":"write"}`)})
}

func TestProfilesHideAndRefuse(t *testing.T) {
	h := policyWorld(t)
	for _, tc := range []struct {
		who  Viewer
		want string
	}{
		{Viewer{}, "files__read files__write files__peek_in git__log git__write loom__status"},
		{Viewer{Profile: "deny"}, "files__read files__peek_in git__log loom__status"},
		{Viewer{Profile: "allow"}, "files__read git__log loom__status"},
		{Viewer{Profile: "read"}, "files__peek_in git__log loom__status"},
		{Viewer{Profile: "read", Server: "files"}, "peek_in"},
		{Viewer{Client: "claude"}, "files__write files__peek_in git__log git__write loom__status"},
		{Viewer{Client: "claude", Profile: "read"}, "files__peek_in git__log loom__status"},
		{Viewer{Client: "other"}, "files__read files__write files__peek_in git__log git__write loom__status"},
	} {
		v := view(t, h, tc.who)
		if got := strings.Join(names(v), " "); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.who, got, tc.want)
		}
		if strings.Contains(string(v.List(catalog.Tools, false)), `"off"`) {
			t.Errorf("%+v: lists what is off", tc.who)
		}
		// Only tools are hidden by policy.
		if got, ok := v.Owner("f://1"); got != "files" || !ok || strings.Count(string(v.List(catalog.Prompts, false)), `"name"`) != 1 {
			t.Errorf("%+v: prompts or resources are gone", tc.who)
		}
	}
}

func TestARefusalSaysWhatHides(t *testing.T) {
	h := policyWorld(t)
	for _, tc := range []struct {
		who       Viewer
		call      loomrpc.Call
		err, mend string
	}{
		{Viewer{}, loomrpc.Call{Tool: "files__off"}, "tool files__off is disabled", "servers.files.tools in registry.yaml"},
		{Viewer{Profile: "deny"}, loomrpc.Call{Server: "files", Tool: "write"}, "tool files__write is denied by profile deny", "allow and deny of profiles.deny in registry.yaml decide"},
		{Viewer{Profile: "allow"}, loomrpc.Call{Tool: "files__write"}, "tool files__write is denied by profile allow", "profiles.allow"},
		{Viewer{Profile: "read"}, loomrpc.Call{Tool: "files__read"}, "tool files__read is not known to only read, and profile read is read-only", "servers.files.read_only_tools in registry.yaml"},
		{Viewer{Profile: "read", Server: "files"}, loomrpc.Call{Tool: "read"}, "tool read is not known to only read, and profile read is read-only", "servers.files.read_only_tools"},
		{Viewer{Client: "claude"}, loomrpc.Call{Tool: "files__read"}, "tool files__read is denied by profile default", "profiles.default and clients.claude in"},
	} {
		_, err := view(t, h, tc.who).Find(tc.call)
		var nf *NotFoundError
		if !errors.As(err, &nf) || err.Error() != tc.err || !strings.Contains(nf.Off, tc.mend) {
			t.Errorf("%+v %+v: %v (%+v), want %s (%s)", tc.who, tc.call, err, nf, tc.err, tc.mend)
		}
	}
}

func TestPinnedDefinitions(t *testing.T) {
	h := policyWorld(t)
	pins := &pin.Pins{}
	if err := pins.Set("files", map[string]json.RawMessage{
		"read": []byte(`{"name":"read", "annotations":{"readOnlyHint":true}}`), "write": []byte(`{"name":"write","description":"harmless"}`), "off": []byte(`{"name":"off"}`),
	}); err != nil {
		t.Fatal(err)
	}
	before := view(t, h, Viewer{Profile: "enforce"})
	h.SetPins(pins)
	for _, tc := range []struct{ profile, want string }{
		{"default", "files__read files__write files__peek_in git__log git__write loom__status"}, // shown, and said
		{"enforce", "files__read git__log git__write loom__status"},
		{"read", "files__read files__peek_in git__log loom__status"}, // what was approved is believed
		{"enforceread", "files__read git__log loom__status"},
	} {
		v := view(t, h, Viewer{Profile: tc.profile})
		if got := strings.Join(names(v), " "); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.profile, got, tc.want)
		}
		want := "tool write of files: its definition changed since it was pinned; loom pin --diff files shows how|tool peek_in of files: it is new since files was pinned; loom pin --diff files shows how"
		if got := strings.Join(v.Changed(), "|"); got != want {
			t.Errorf("%s: changed: %s", tc.profile, got)
		}
	}
	after := view(t, h, Viewer{Profile: "enforce"})
	for tool, want := range map[string]string{
		"write": "tool files__write is held back: its definition changed since it was pinned", "peek_in": "tool files__peek_in is held back: it is new since files was pinned",
	} {
		_, err := after.Find(loomrpc.Call{Server: "files", Tool: tool})
		var nf *NotFoundError
		if !errors.As(err, &nf) || err.Error() != want || nf.Off != "loom pin --diff files" {
			t.Errorf("%s: %v", tool, err)
		}
	}
	if len(before.Changed()) != 0 || before.Tag == after.Tag {
		t.Error("pins made no difference")
	}
}

func TestAProfileThatSearches(t *testing.T) {
	h := policyWorld(t)
	v := view(t, h, Viewer{Profile: "search"})
	golden.Check(t, "search.golden", all(v))
	if got := strings.Join(names(v), " "); got != "files__read files__write files__peek_in git__log git__write loom__status loom__search_tools" {
		t.Errorf("to search: %s", got)
	}
	if e, err := v.Find(loomrpc.Call{Tool: "files__write"}); err != nil || e.Route.Server != "files" {
		t.Errorf("Find = %+v, %v", e, err)
	}
	if got := string(v.List(catalog.Tools, false)); strings.Count(got, `"name"`) != 2 || !strings.Contains(got, "loom__search_tools") {
		t.Errorf("listed: %s", got)
	}
	if _, err := view(t, h, Viewer{}).Find(loomrpc.Call{Tool: "loom__search_tools"}); err == nil {
		t.Error("a profile that does not search has the tools for it")
	}
}

// What the machine's policy hides is refused with its line, under every profile;
// what users and servers say of themselves does not count where it is strict.
func TestMachinePolicyHides(t *testing.T) {
	dir := t.TempDir()
	user, machine := filepath.Join(dir, "registry.yaml"), filepath.Join(dir, "policy.yaml")
	for path, text := range map[string]string{user: policies, machine: "servers: [git]\ndeny: [git__log]\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load := func() *registry.Registry {
		reg, err := registry.Sources{User: user, Policy: machine, Owner: os.Getuid()}.Load()
		if err != nil {
			t.Fatal(err)
		}
		return reg
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	h := policyWorld(t)
	h.SetRegistry(load(), nil)
	for tool, want := range map[string]string{
		"files__read": "tool files__read is not to be had: its server is forbidden by " + machine + ":1",
		"git__log":    "tool git__log is forbidden by " + machine + ":2",
	} {
		_, err := view(t, h, Viewer{}).Find(loomrpc.Call{Tool: tool})
		var nf *NotFoundError
		if !errors.As(err, &nf) || err.Error() != want || nf.Off != forbidden {
			t.Errorf("%s: %v, want %s", tool, err, want)
		}
	}
	if err := os.WriteFile(machine, []byte("read_only: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.SetRegistry(load(), nil)
	if got := strings.Join(names(view(t, h, Viewer{})), " "); got != "git__log loom__status" {
		t.Errorf("a policy that is read-only lets through %s", got)
	}
	_, err := view(t, h, Viewer{}).Find(loomrpc.Call{Tool: "files__peek_in"})
	if err == nil || !strings.Contains(err.Error(), machine+" allows no other") {
		t.Errorf("what the user vouches for: %v", err)
	}
}
