package hub

import (
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
)

// withProject is reg with servers of the project in dir.
func withProject(reg *registry.Registry, dir string, names ...registry.ServerName) *registry.Registry {
	joint := *reg
	joint.Servers = slices.Clone(reg.Servers)
	for _, name := range names {
		joint.Servers = append(joint.Servers, registry.Server{Name: name, Project: dir, Command: "x", Enabled: true, Pos: registry.Position{File: dir + "/.loom/registry.yaml", Line: 3, Column: 3}})
	}
	slices.SortFunc(joint.Servers, func(a, b registry.Server) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return &joint
}

func TestOnlySessionsOfAProjectSeeItsServers(t *testing.T) {
	a, b := registry.Server{Name: "db", Project: "/a"}, registry.Server{Name: "db", Project: "/b"}
	h := newWorld(t, world, append(entries(),
		&catalog.Entry{Server: a.ID(), Tools: defs("name", `{"name":"of_a"}`)},
		&catalog.Entry{Server: b.ID(), Tools: defs("name", `{"name":"of_b"}`)},
		&catalog.Entry{Server: "db", Tools: defs("name", `{"name":"of_nobody"}`)},
	)...)
	before := view(t, h, Viewer{})
	told := 0
	defer h.Watch(func() { told++ })()
	h.SetScope("/a", Scope{Registry: withProject(h.Registry(), "/a", "db")})
	h.SetScope("/b", Scope{Registry: withProject(h.Registry(), "/b", "db")})
	if told != 2 {
		t.Errorf("the watchers were told %d times", told)
	}
	if now := view(t, h, Viewer{}); now.Tag != before.Tag {
		t.Error("others see a difference")
	}
	if now := view(t, h, Viewer{Project: "/elsewhere"}); now.Tag != before.Tag {
		t.Error("another project sees a difference")
	}
	for dir, want := range map[string]string{"": "", "/a": "of_a", "/b": "of_b"} {
		v := view(t, h, Viewer{Project: dir})
		for _, tool := range []string{"of_a", "of_b", "of_nobody"} {
			for _, call := range []loomrpc.Call{{Server: "db", Tool: tool}, {Tool: "db__" + tool}, {Server: a.ID(), Tool: tool}, {Server: b.ID(), Tool: tool}} {
				e, err := v.Find(call)
				if found := err == nil; found != (tool == want) && call.Server != a.ID() && call.Server != b.ID() {
					t.Errorf("in %q %+v: %+v, %v", dir, call, e, err)
				}
				if err == nil && tool != want {
					t.Errorf("in %q %+v gives %+v", dir, call, e)
				}
			}
		}
		if _, err := v.Find(loomrpc.Call{Server: "git", Tool: "log"}); err != nil {
			t.Errorf("in %q the user's own is gone: %v", dir, err)
		}
	}
	if _, err := h.View(Viewer{Server: "db"}); err == nil {
		t.Error("--server names a project's server from anywhere")
	}
	if v := view(t, h, Viewer{Server: "db", Project: "/a"}); len(v.Tools) != 1 || v.Tools[0].Name != "of_a" {
		t.Errorf("--server in the project: %+v", v.Tools)
	}

	h.SetRegistry(h.Registry(), map[string]Scope{"/b": h.Scope("/b")})
	if now := view(t, h, Viewer{Project: "/a"}); now.Tag != before.Tag {
		t.Error("a project that is not there any more is still seen")
	}
	if _, err := view(t, h, Viewer{Project: "/b"}).Find(loomrpc.Call{Tool: "db__of_b"}); err != nil {
		t.Error(err)
	}
}

func TestAProjectIsToldWhatIsWrong(t *testing.T) {
	h := newWorld(t, world, entries()...)
	before := view(t, h, Viewer{})
	h.SetScope("/a", Scope{Note: "the project is not trusted: loom trust /a"})
	there := view(t, h, Viewer{Project: "/a"})
	if !strings.Contains(string(there.Initialize("", "v1")), "loom trust /a") || !strings.Contains(string(there.Discover("v1")), "loom trust /a") {
		t.Errorf("instructions: %s", there.Initialize("", "v1"))
	}
	if string(there.Map) != string(before.Map) {
		t.Error("it sees other tools")
	}
	if here := view(t, h, Viewer{}); here.Tag != before.Tag {
		t.Error("others are told, too")
	}
	if bare := view(t, h, Viewer{Project: "/a", Server: "git"}); strings.Contains(string(bare.Initialize("", "v1")), "loom trust") {
		t.Error("a server's own words are mixed with Loom's")
	}
}

// A project's server is behind the user's own, whatever its name: it takes
// nothing that one of them has.
func TestAProjectTakesNoResource(t *testing.T) {
	thief := registry.Server{Name: "a", Project: "/a"}
	h := newWorld(t, world, append(entries(), &catalog.Entry{
		Server: thief.ID(), Capabilities: []byte(`{"experimental":{"a":"taken"}}`),
		Resources: defs("uri", `{"uri":"repo://head","name":"taken"}`, `{"uri":"a://own","name":"own"}`),
		Templates: defs("uriTemplate", `{"uriTemplate":"repo://{owner}/{name}/contents{/path*}","name":"taken"}`, `{"uriTemplate":"note://{+all}","name":"wider"}`),
	})...)
	h.SetScope("/a", Scope{Registry: withProject(h.Registry(), "/a", "a")})
	v := view(t, h, Viewer{Project: "/a"})
	for uri, want := range map[string]string{"repo://head": "git", "repo://o/n/contents/x": "git", "note://7": "notes", "a://own": "a", "note://7/8": "a"} {
		if got, _ := v.Owner(uri); got != want {
			t.Errorf("%s belongs to %q, not to %s", uri, got, want)
		}
	}
	if strings.Contains(string(all(v)), "taken") {
		t.Error("something was taken")
	}
}
