package hub

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
)

// world is a small registry with something of everything.
const world = `
version: 1
servers:
  git: {command: x, description: Repositories}
  notes: {command: x, tools: {"drop_*": {enabled: false}}}
  off: {command: x, enabled: false}
  wiki: {command: x, description: "Pages\nof the wiki"}
profiles:
  default: {servers: ["*"]}
  code: {servers: [git]}
`

func defs(identity string, raws ...string) (out []catalog.Tool) {
	for _, raw := range raws {
		var m map[string]any
		if err := json.Unmarshal([]byte(raw), &m); err != nil {
			panic(err)
		}
		out = append(out, catalog.Tool{Name: m[identity].(string), Raw: []byte(raw)})
	}
	return out
}

func entries() []*catalog.Entry {
	return []*catalog.Entry{{
		Server: "git", Instructions: "Ask for a branch first.\n",
		Info:         []byte(`{ "name":"git-server", "version":"9", "x-vendor": 9007199254740993 }`),
		Capabilities: []byte(`{"tools":{}, "prompts":{ "listChanged" : false },"resources":{"subscribe":true},"experimental":{"a":{ "n" : 1e400 }},"tasks":{"list":{}}}`),
		Tools: defs("name", `{"name":"log","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}`,
			`{ "x":9007199254740993, "name" : "review","inputSchema":{"name":"not this"},"annotations":{"destructiveHint":false} }`),
		Prompts:   defs("name", `{"name":"review", "arguments":[ ]}`),
		Resources: defs("uri", `{"uri":"repo://head","name":"HEAD"}`, `{"uri":"x://shared","name":"of git"}`),
		Templates: defs("uriTemplate", `{"uriTemplate":"repo://{owner}/{name}/contents{/path*}","name":"file"}`),
	}, {
		Server: "notes", Instructions: strings.Repeat("Notes are kept in order. ", 100),
		Capabilities: []byte(`{"tools":{"listChanged":true},"experimental":{"a":"later","b":[1 ,2]},"extensions":{"io.modelcontextprotocol/ui":{"mimeTypes":["text/html;profile=mcp-app"]}},"tasks":{"cancel":{},"requests":{"tools":{"call":{}}}}}`),
		Tools:        defs("name", `{"name":"Review"}`, `{"name":"review"}`, `{"name":"drop_all"}`),
		Resources:    defs("uri", `{"uri":"x://shared","name":"of notes"}`, `{"uri":"loom://instructions/git","name":"a lie"}`),
		Templates:    defs("uriTemplate", `{"uriTemplate":"repo://{+anything}","name":"all"}`, `{"uriTemplate":"note://{id}{?rev}","name":"note"}`),
	}, {
		Server: "off", Tools: defs("name", `{"name":"secret"}`), Prompts: defs("name", `{"name":"hush"}`),
		Resources: defs("uri", `{"uri":"off://1","name":"off"}`),
	}}
}

// newWorld serves text, with a version of Loom that does not change.
func newWorld(t testing.TB, text string, of ...*catalog.Entry) *Hub {
	t.Helper()
	reg, err := registry.Parse("registry.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range of {
		if _, err := cat.Put(e); err != nil {
			t.Fatal(err)
		}
	}
	h := New(reg, cat, defs("name", `{"name":"status","annotations":{"readOnlyHint":true}}`), defs("name", `{"name":"search_tools"}`))
	h.builder.version = "v1"
	return h
}

func view(t testing.TB, h *Hub, who Viewer) *View {
	t.Helper()
	v, err := h.View(who)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// all is everything that clients get of v.
func all(v *View) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "initialize\n%s\n\ndiscover\n%s\n", v.Initialize("2025-06-18", "v1"), v.Discover("v1"))
	for k := range catalog.Kind(catalog.Kinds) {
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n", k.List().Method, v.List(k, false), v.List(k, true))
	}
	fmt.Fprintf(&b, "\nmap\n%s\n", v.Map)
	for _, c := range v.Collisions() {
		fmt.Fprintf(&b, "%s\n", c)
	}
	return []byte(b.String())
}

func TestWhatClientsGet(t *testing.T) {
	h := newWorld(t, world, entries()...)
	for name, who := range map[string]Viewer{"default": {}, "code": {Profile: "code"}, "git": {Server: "git"}, "wiki": {Server: "wiki"}, "off": {Server: "off"}} {
		golden.Check(t, name+".golden", all(view(t, h, who)))
	}
	golden.Check(t, "none.golden", all((&builder{version: "v1"}).view(registry.Profile{}))) // as [NoView]
}

// What is sent is JSON whatever servers say, and no list is null.
func TestWhatClientsGetIsJSON(t *testing.T) {
	h := newWorld(t, world, append(entries(), &catalog.Entry{Server: "wiki", Info: []byte(`"x"`), Capabilities: []byte(`{"tools":null,"tasks":true,"experimental":[],"extensions":{}}`), Instructions: "\x00\"<\u2028>"})...)
	for _, who := range []Viewer{{}, {Profile: "code"}, {Server: "git"}, {Server: "wiki"}, {Server: "off"}} {
		for _, line := range strings.Split(string(all(view(t, h, who))), "\n") {
			if strings.HasPrefix(line, "{") && !json.Valid([]byte(line)) {
				t.Errorf("%+v: %s", who, line)
			}
			if strings.Contains(line, ":null") && !strings.Contains(line, `"tools":null`) {
				t.Errorf("%+v: %s", who, line)
			}
		}
	}
}

func TestTagsChangeWithWhatTheyStandFor(t *testing.T) {
	base := view(t, newWorld(t, world, entries()...), Viewer{})
	again := view(t, newWorld(t, world, entries()...), Viewer{})
	if base.Tag != again.Tag {
		t.Error("the same view has two tags")
	}
	for what, tc := range map[string]struct {
		change func(*catalog.Entry)
		list   catalog.Kind // the one that changes, Kinds for none
	}{
		"a tool":       {func(e *catalog.Entry) { e.Tools = e.Tools[:1] }, catalog.Tools},
		"a prompt":     {func(e *catalog.Entry) { e.Prompts = nil }, catalog.Prompts},
		"a resource":   {func(e *catalog.Entry) { e.Resources = e.Resources[:1] }, catalog.Resources},
		"a template":   {func(e *catalog.Entry) { e.Templates = nil }, catalog.Templates},
		"instructions": {func(e *catalog.Entry) { e.Instructions = "Other." }, catalog.Kinds},
		"capabilities": {func(e *catalog.Entry) { e.Capabilities = nil }, catalog.Kinds},
	} {
		of := entries()
		tc.change(of[0])
		v := view(t, newWorld(t, world, of...), Viewer{})
		if v.Tag == base.Tag {
			t.Errorf("%s: the tag is the same", what)
		}
		for k := range catalog.Kind(catalog.Kinds) {
			if changed := v.ListTag(k) != base.ListTag(k); changed != (k == tc.list) && !(what == "a resource" && k == catalog.Resources) {
				t.Errorf("%s: %s changed: %v", what, k.List().Method, changed)
			}
		}
	}
}

func TestPrompts(t *testing.T) {
	v := view(t, newWorld(t, world, entries()...), Viewer{})
	for name, want := range map[string]string{
		"git__review": "", "review": "unknown prompt review; did you mean git__review?",
		"off__hush": "prompt off__hush is disabled", "git__log": "unknown prompt git__log",
	} {
		route, err := v.FindPrompt(name)
		if want == "" && (err != nil || route != (loomrpc.Route{Server: "git", Tool: "review"})) {
			t.Errorf("%s: %v, %v", name, route, err)
		}
		if want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestHints(t *testing.T) {
	v := view(t, newWorld(t, world, entries()...), Viewer{})
	for name, want := range map[string][2]bool{"git__log": {true, false}, "git__review": {false, false}, "notes__Review": {false, true}} {
		e, err := v.Find(loomrpc.Call{Tool: name})
		if err != nil || e.ReadOnly != want[0] || e.Destructive != want[1] {
			t.Errorf("%s: %v, %v, %v", name, e.ReadOnly, e.Destructive, err)
		}
	}
}

func TestOneServerUnderItsOwnNames(t *testing.T) {
	h := newWorld(t, world, entries()...)
	v := view(t, h, Viewer{Server: "notes"})
	if got := strings.Join(names(v), " "); got != "Review review" {
		t.Errorf("tools: %s", got) // two names that differ in case alone are the server's affair
	}
	for _, c := range []loomrpc.Call{{Tool: "review"}, {Server: "notes", Tool: "review"}} {
		if e, err := v.Find(c); err != nil || e.Route.Tool != "review" || string(e.Raw) != `{"name":"review"}` {
			t.Errorf("Find(%v) = %+v, %v", c, e, err)
		}
	}
	for call, want := range map[loomrpc.Route]string{
		{Tool: "notes__review"}: "unknown tool notes__review; did you mean review?", {Tool: "status"}: "unknown tool status", {Server: "loom", Tool: "status"}: "unknown tool status",
		{Tool: "drop_all"}: "tool drop_all is disabled", {Server: "git", Tool: "log"}: "unknown tool log",
	} {
		if _, err := v.Find(loomrpc.Call{Server: call.Server, Tool: call.Tool}); err == nil || err.Error() != want {
			t.Errorf("Find(%v) = %v, want %s", call, err, want)
		}
	}
	if s, ok := v.Only(); !ok || s.Name != "notes" || v.Profile != "default" {
		t.Errorf("Only = %v, %v in %q", s.Name, ok, v.Profile)
	}
	if _, ok := view(t, h, Viewer{}).Only(); ok {
		t.Error("several servers are the only one")
	}
	for who, want := range map[Viewer]string{
		{Server: "gti"}:                    `unknown server "gti"; did you mean git?`,
		{Server: "zzzzzz"}:                 `unknown server "zzzzzz"`,
		{Server: "notes", Profile: "code"}: "profile code does not have server notes",
	} {
		if _, err := h.View(who); err == nil || err.Error() != want {
			t.Errorf("%+v: %v, want %s", who, err, want)
		}
	}
}

func BenchmarkView(b *testing.B) {
	text := "version: 1\nservers:\n"
	var of []*catalog.Entry
	for s := range 20 {
		e := &catalog.Entry{Server: fmt.Sprintf("server-%d", s), Instructions: strings.Repeat("Do this. ", 50)}
		text += "  " + e.Server + ": {command: x, description: what it is for}\n"
		for i := range 30 {
			e.Tools = append(e.Tools, defs("name", fmt.Sprintf(`{"name":"tool_number_%d","description":%q,"inputSchema":{"type":"object","properties":{"a":{"type":"string","description":%q}}},"annotations":{"readOnlyHint":true}}`, i, strings.Repeat("what it does ", 20), strings.Repeat("what it is ", 40)))...)
			e.Templates = append(e.Templates, defs("uriTemplate", fmt.Sprintf(`{"uriTemplate":"s%d://%d/{a}{/b*}{?c,d}"}`, s, i))...)
		}
		of = append(of, e)
	}
	h := newWorld(b, text, of...)
	p, err := h.builder.registry.ProfileFor("", "")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		h.builder.view(p)
	}
}
