package hub

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/depstest"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
)

func TestImports(t *testing.T) {
	depstest.Forbid(t, "os/exec", "what clients see must not depend on what runs")
	depstest.Forbid(t, "github.com/loom-core/loom/daemon/internal/child", "the hub starts nothing")
}

const text = `
version: 1
servers:
  off: {command: x, enabled: false}
  git: {command: x, categories: [code], tools: {"drop_*": {enabled: false}}}
  loki: {command: x, categories: [logs]}
  new: {command: x}
profiles:
  default: {servers: ["*"]}
  code: {categories: [code]}
clients: {codex: code}
`

func newHub(t *testing.T) (*Hub, *catalog.Catalog) {
	t.Helper()
	reg, err := registry.Parse("registry.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put(t, cat, "git", "list_commits", "drop_all")
	put(t, cat, "loki", "query", "Query")
	put(t, cat, "off", "secret")
	own := []catalog.Tool{{Name: "status", Raw: []byte(`{"name":"status"}`)}}
	return New(reg, cat, own, nil), cat
}

func put(t *testing.T, cat *catalog.Catalog, server string, tools ...string) {
	t.Helper()
	e := &catalog.Entry{Server: server, Key: "k"}
	for _, name := range tools {
		e.Tools = append(e.Tools, catalog.Tool{Name: name, Raw: []byte(`{ "x":9007199254740993, "name" : "` + name + `","inputSchema":{"name":"not this"} }`)})
	}
	if _, err := cat.Put(e); err != nil {
		t.Fatal(err)
	}
}

func names(v *View) []string {
	var out []string
	for _, t := range v.Tools {
		out = append(out, t.Name)
	}
	return out
}

func TestViewsFollowTheProfile(t *testing.T) {
	h, _ := newHub(t)
	all, err := h.View(Viewer{Client: "claude", Profile: ""})
	if err != nil {
		t.Fatal(err)
	}
	got := names(all)
	if len(got) != 4 || got[0] != "git__list_commits" || got[1] != "loki__query" || !strings.HasPrefix(got[2], "loki__Query_") || got[3] != "loom__status" {
		t.Errorf("default: %q", got)
	}
	if len(all.Unlearnt) != 1 || all.Unlearnt[0].Name != "new" {
		t.Errorf("unlearnt: %v", all.Unlearnt)
	}
	want := `{"tools":[{ "x":9007199254740993, "name" : "git__list_commits","inputSchema":{"name":"not this"} },`
	if !strings.HasPrefix(string(all.ToolsList), want) || !json.Valid(all.ToolsList) {
		t.Errorf("list: %s", all.ToolsList)
	}
	code, _ := h.View(Viewer{Client: "codex", Profile: ""})
	if got := names(code); !slices.Equal(got, []string{"git__list_commits", "loom__status"}) {
		t.Errorf("codex: %q", got)
	}
	if code.Tag == all.Tag {
		t.Error("two lists have one tag")
	}
	if _, err := h.View(Viewer{Client: "", Profile: "nonesuch"}); err == nil {
		t.Error("an unknown profile sees something")
	}
}

func TestFind(t *testing.T) {
	h, _ := newHub(t)
	v, _ := h.View(Viewer{})
	for _, tc := range []struct {
		call loomrpc.Call
		want loomrpc.Route
		err  string
	}{
		{loomrpc.Call{Server: "git", Tool: "list_commits"}, loomrpc.Route{Server: "git", Tool: "list_commits"}, ""},
		{loomrpc.Call{Tool: "loki__query"}, loomrpc.Route{Server: "loki", Tool: "query"}, ""},
		{loomrpc.Call{Tool: v.Tools[2].Name}, loomrpc.Route{Server: "loki", Tool: "Query"}, ""},
		{loomrpc.Call{Tool: "git__drop_all"}, loomrpc.Route{}, "tool git__drop_all is disabled"},
		{loomrpc.Call{Server: "git", Tool: "drop_all"}, loomrpc.Route{}, "tool git__drop_all is disabled"},
		{loomrpc.Call{Server: "off", Tool: "secret"}, loomrpc.Route{}, "tool off__secret is disabled"},
		{loomrpc.Call{Tool: "git__list_comits"}, loomrpc.Route{}, "did you mean git__list_commits?"},
		{loomrpc.Call{Tool: "list_commits"}, loomrpc.Route{}, "did you mean git__list_commits?"},
		{loomrpc.Call{Tool: "zzz"}, loomrpc.Route{}, "unknown tool zzz"},
		{loomrpc.Call{}, loomrpc.Route{}, "unknown tool"},
	} {
		got, err := v.Find(tc.call)
		if tc.err != "" {
			var nf *NotFoundError
			if !errors.As(err, &nf) || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("Find(%+v) = %v, want %q", tc.call, err, tc.err)
			}
			continue
		}
		if err != nil || got.Route != tc.want {
			t.Errorf("Find(%+v) = %v, %v, want %v", tc.call, got.Route, err, tc.want)
		}
	}
	code, _ := h.View(Viewer{Client: "codex", Profile: ""})
	if _, err := code.Find(loomrpc.Call{Server: "loki", Tool: "query"}); err == nil {
		t.Error("a profile may call what it does not see")
	}
	if _, err := NoView.Find(loomrpc.Call{Server: "git", Tool: "list_commits"}); err == nil {
		t.Error("no profile may call something")
	}
}

func TestChangesAreAnnounced(t *testing.T) {
	h, cat := newHub(t)
	before, _ := h.View(Viewer{})
	told := 0
	stop := h.Watch(func() { told++ })
	put(t, cat, "new", "tool")
	h.Changed()
	after, _ := h.View(Viewer{})
	if told != 1 || before.Tag == after.Tag || len(after.Unlearnt) != 0 {
		t.Errorf("told %d, unlearnt %v", told, after.Unlearnt)
	}
	stop()
	h.Changed()
	if told != 1 {
		t.Error("told after stop")
	}
}
