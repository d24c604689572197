package hub

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/pin"
)

const targeted = `
version: 1
servers:
  db:
    command: x
    env: {A: base}
    targets:
      codex: {env: {A: codex}}
      zed: {enabled: false}
  off: {command: x, enabled: false, targets: {codex: {enabled: true}}}
profiles:
  default: {servers: ["*"]}
  strict: {servers: ["*"], pinned: enforce}
clients: {gemini: {deny: [db__all]}}
`

func targetedWorld(t *testing.T) *Hub {
	return newWorld(t, targeted,
		&catalog.Entry{Server: "db", Tools: defs("name", `{"name":"all"}`, `{"name":"of_base"}`), Prompts: defs("name", `{"name":"ask"}`)},
		&catalog.Entry{Server: "db+codex", Tools: defs("name", `{"name":"all","description":"For codex."}`, `{"name":"of_codex"}`)},
		&catalog.Entry{Server: "off+codex", Tools: defs("name", `{"name":"hush"}`)},
	)
}

// Each client has the servers that are for it, and calls no other one by any name.
func TestEachClientHasItsOwn(t *testing.T) {
	h := targetedWorld(t)
	for client, want := range map[string]string{
		"": "db", "claude": "db", "codex": "db+codex off+codex", "zed": "", "Codex": "db",
	} {
		v := view(t, h, Viewer{Client: client})
		var ids []string
		for _, s := range v.Servers() {
			ids = append(ids, s.ID())
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q has %s, want %s", client, got, want)
		}
		for tool, of := range map[string]string{"of_base": "db", "of_codex": "db+codex"} {
			there := strings.HasPrefix(want, of+" ") || want == of
			for _, call := range []loomrpc.Call{{Tool: "db__" + tool}, {Server: "db", Tool: tool}} {
				if e, err := v.Find(call); (err == nil) != there || err == nil && e.Route.Server != "db" {
					t.Errorf("%q calls %+v: %+v, %v", client, call, e, err)
				}
			}
		}
		for _, id := range []string{"db", "db+codex", "off+codex"} {
			if _, there := v.ByID(id); there != (strings.Contains(" "+want+" ", " "+id+" ")) {
				t.Errorf("%q has %s: %v", client, id, there)
			}
		}
	}
	if s, _ := view(t, h, Viewer{Client: "codex"}).Server("db"); s.Env[0].Value != "codex" {
		t.Errorf("codex has %+v", s.Env)
	}
}

// What a client does not have is said to be there for others, and why.
func TestWhatIsNotForAClient(t *testing.T) {
	h := targetedWorld(t)
	for _, tc := range []struct{ client, tool, want, off string }{
		{"zed", "db__all", "tool db__all is not for zed", "its entry says so: registry.yaml:9:7"},
		{"codex", "off__hush", "", ""},
		{"zed", "off__hush", "unknown tool off__hush", ""}, // nobody knows what it would have
	} {
		_, err := view(t, h, Viewer{Client: tc.client}).Find(loomrpc.Call{Tool: tc.tool})
		var not *NotFoundError
		if errors.As(err, &not); (err == nil) != (tc.want == "") || err != nil && (!strings.HasPrefix(err.Error(), tc.want) || not.Off != tc.off) {
			t.Errorf("%s for %s: %v (%+v)", tc.tool, tc.client, err, not)
		}
	}
	if _, err := view(t, h, Viewer{Client: "zed"}).FindPrompt("db__ask"); err == nil || !strings.Contains(err.Error(), "is not for zed") {
		t.Errorf("a prompt: %v", err)
	}
}

// Clients without a target of their own have one view together, as all had before.
func TestViewsAreSharedWithoutTargets(t *testing.T) {
	h := targetedWorld(t)
	base := view(t, h, Viewer{})
	if view(t, h, Viewer{Client: "claude"}) != base || view(t, h, Viewer{Client: "cursor", Profile: "default"}) != base {
		t.Error("a client without a target has a view of its own")
	}
	if view(t, h, Viewer{Client: "codex"}) == base || view(t, h, Viewer{Client: "zed"}) == view(t, h, Viewer{Client: "codex"}) {
		t.Error("a client with a target has the view of others")
	}
	if view(t, h, Viewer{Client: "codex"}) != view(t, h, Viewer{Client: "codex", Profile: "default"}) {
		t.Error("a client has two views of one profile")
	}
	plain := newWorld(t, world, entries()...)
	if view(t, plain, Viewer{Client: "codex"}) != view(t, plain, Viewer{Client: "zed"}) {
		t.Error("views are kept by client where nothing depends on it")
	}
	if v := view(t, h, Viewer{Client: "codex", Server: "db"}); len(v.Tools) != 2 || v.Tools[1].Name != "of_codex" {
		t.Errorf("the one server of codex is %+v", v.Tools)
	}
}

// The targets of a project's servers hold in the project, with those of the user's.
func TestTargetsInAProject(t *testing.T) {
	h := targetedWorld(t)
	p, err := registry.ParseProject("/p", []byte("servers: {own: {command: x, targets: {zed: {args: [y]}}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	joint, err := h.Registry().With(p, registry.Granted{})
	if err != nil {
		t.Fatal(err)
	}
	h.SetScope("/p", Scope{Registry: joint})
	for who, want := range map[Viewer]int{{Client: "zed"}: 0, {Client: "zed", Project: "/p"}: 1, {Project: "/p"}: 0} {
		found := 0
		for _, s := range view(t, h, who).Unlearnt {
			if s.Client == "zed" && s.Project == "/p" {
				found++
			}
		}
		if found != want {
			t.Errorf("%+v has %d servers of the project for zed, want %d", who, found, want)
		}
	}
}

// What a client has in place of a server is held to what was approved of that, until
// it has pins of its own.
func TestPinsOfTargets(t *testing.T) {
	h := targetedWorld(t)
	pins := &pin.Pins{}
	set := func(id, raw string) {
		if err := pins.Set(id, map[string]json.RawMessage{"all": json.RawMessage(raw)}); err != nil {
			t.Fatal(err)
		}
		h.SetPins(pins)
	}
	set("db", `{"name":"all"}`)
	v := view(t, h, Viewer{Client: "codex", Profile: "strict"})
	if _, err := v.Find(loomrpc.Call{Tool: "db__all"}); err == nil || !strings.Contains(err.Error(), "changed since it was pinned") {
		t.Errorf("a definition that nobody approved: %v", err)
	}
	if _, err := v.Find(loomrpc.Call{Tool: "db__of_codex"}); err == nil || !strings.Contains(err.Error(), "new since db was pinned") {
		t.Errorf("a tool that nobody approved: %v", err)
	}
	set("db+codex", `{"name":"all","description":"For codex."}`)
	if _, err := view(t, h, Viewer{Client: "codex", Profile: "strict"}).Find(loomrpc.Call{Tool: "db__all"}); err != nil {
		t.Errorf("approved for codex: %v", err)
	}
	if _, err := view(t, h, Viewer{Profile: "strict"}).Find(loomrpc.Call{Tool: "db__all"}); err != nil {
		t.Errorf("approved for all others: %v", err)
	}
}
