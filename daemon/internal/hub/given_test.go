package hub

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/toolname"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/pin"
)

const renamed = `
servers:
  git:
    command: x
    tools:
      log: {alias: history, description: "The \"past\".\n\tNewest first."}
      review: {description: Comments on a change}
      show: {alias: LOG_2}
      patch: {alias: Plain}
      old: {enabled: false}
      new: {alias: old}
      gone: {alias: ghost}
      secret: {alias: hush, enabled: false}
profiles:
  default: {servers: ["*"], deny: [git__denied]}
  one: {servers: [git], names: bare}
`

func renamedTools() *catalog.Entry {
	return &catalog.Entry{Server: "git", Tools: defs("name",
		`{ "x":9007199254740993, "description" : "What happened","name":"log" ,"inputSchema":{"description":"not this"}}`,
		`{"name":"review","inputSchema":{}}`, `{"name":"show"}`, `{"name":"patch"}`, `{"name":"plain"}`, `{"name":"old"}`, `{"name":"new"}`,
		`{"name":"secret"}`, `{"name":"denied"}`)}
}

func TestAliases(t *testing.T) {
	h := newWorld(t, renamed, renamedTools())
	v := view(t, h, Viewer{})
	if got := strings.Join(names(v), " "); got != "git__history git__review git__LOG_2 git__patch git__plain git__old loom__status" {
		t.Errorf("tools: %s", got)
	}
	// by the name that clients see, and by the route that the proxy knows
	for _, c := range []loomrpc.Call{{Tool: "git__history"}, {Server: "git", Tool: "log"}} {
		e, err := v.Find(c)
		want := `{ "x":9007199254740993, "description" : "The \"past\".\n\tNewest first.","name":"git__history" ,"inputSchema":{"description":"not this"}}`
		if err != nil || e.Route != (loomrpc.Route{Server: "git", Tool: "log"}) || string(e.Raw) != want {
			t.Errorf("Find(%v) = %v, %v\n%s\nwant\n%s", c, e.Route, err, e.Raw, want)
		}
	}
	if e, err := v.Find(loomrpc.Call{Tool: "git__old"}); err != nil || e.Route.Tool != "new" {
		t.Errorf("a tool in place of one that is off: %+v, %v", e, err)
	}
	if e, err := v.Find(loomrpc.Call{Tool: "git__review"}); err != nil || string(e.Raw) != `{"name":"git__review","description":"Comments on a change","inputSchema":{}}` {
		t.Errorf("a description where there was none: %s, %v", e.Raw, err)
	}
	for r, want := range map[loomrpc.Route]string{
		{Tool: "git__log"}:                 "unknown tool git__log; did you mean git__history",
		{Tool: "git__hush"}:                "tool git__hush is disabled",
		{Tool: "git__ghost"}:               "unknown tool git__ghost",
		{Server: "git", Tool: "secret"}:    "tool git__hush is disabled",
		{Server: "git", Tool: "git__gone"}: "unknown tool",
	} {
		if _, err := v.Find(loomrpc.Call{Server: r.Server, Tool: r.Tool}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Find(%v) = %v, want %s", r, err, want)
		}
	}
	if got, want := strings.Join(v.Collisions(), "|"), "the alias Plain of tool patch of git is not used: the server has a tool plain (registry.yaml:9:7)"; got != want {
		t.Errorf("collisions: %s\nwant %s", got, want)
	}
}

func TestAliasesOfOneServerUnderItsOwnNames(t *testing.T) {
	h := newWorld(t, renamed, renamedTools())
	for _, who := range []Viewer{{Server: "git"}, {Profile: "one"}} {
		if got := strings.Join(names(view(t, h, who)), " "); !strings.HasPrefix(got, "history review LOG_2 Plain plain old") {
			t.Errorf("%+v: %s", who, got)
		}
	}
}

// What was approved is what the server says, whatever the user makes of it.
func TestAliasesLeavePinsAlone(t *testing.T) {
	h := newWorld(t, strings.Replace(renamed, "deny: [git__denied]", "pinned: enforce", 1), renamedTools())
	pins := &pin.Pins{}
	own := map[string]json.RawMessage{}
	for _, tool := range renamedTools().Tools {
		own[tool.Name] = tool.Raw
	}
	if err := pins.Set("git", own); err != nil {
		t.Fatal(err)
	}
	h.SetPins(pins)
	v := view(t, h, Viewer{})
	if _, err := v.Find(loomrpc.Call{Tool: "git__history"}); err != nil || len(v.Changed()) != 0 {
		t.Errorf("a tool that is as it was pinned: %v, %v", err, v.Changed())
	}
}

// The longest alias that a registry may have is not cut.
func TestLongestAlias(t *testing.T) {
	alias := strings.Repeat("a", toolname.Max-len("git__"))
	if _, err := registry.Parse("r.yaml", []byte("servers: {git: {command: x, tools: {log: {alias: "+alias+"a}}}}")); err == nil {
		t.Error("a longer alias is accepted")
	}
	v := view(t, newWorld(t, "servers: {git: {command: x, tools: {log: {alias: "+alias+"}}}}", renamedTools()), Viewer{})
	if _, err := v.Find(loomrpc.Call{Tool: "git__" + alias}); err != nil {
		t.Error(err)
	}
}
