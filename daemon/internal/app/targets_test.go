package app

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/fakeserver"
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry"
)

const targeted = `
version: 1
servers:
  fake: {command: FAKE, share: global, targets: {codex: {args: [--extra, 1]}, zed: {enabled: false}}}
`

// What a client has in place of a server has an id of its own, and is learnt, counted
// and listed by that.
func TestControlOfTargets(t *testing.T) {
	a, opts := run(t, targeted)
	c, err := connect(t, opts, loomrpc.Hello{Version: "v1", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	var learnt loomrpc.LearnReply
	if err := c.Call(t.Context(), loomrpc.MethodLearn, nil, &learnt); err != nil || len(learnt.Learnt) != 2 {
		t.Errorf("learn: %+v, %v", learnt, err)
	}
	var servers loomrpc.ServersReply
	if err := c.Call(t.Context(), loomrpc.MethodServers, nil, &servers); err != nil {
		t.Fatal(err)
	}
	own := len(fakeserver.Tools)
	for i, want := range []loomrpc.ServerStatus{
		{Name: "fake", Enabled: true, Tools: own}, {Name: "fake", ID: "fake+codex", Client: "codex", Enabled: true, Tools: own + 1}, {Name: "fake", ID: "fake+zed", Client: "zed"},
	} {
		if s := servers.Servers[i]; s.Name != want.Name || s.ID != want.ID || s.Client != want.Client || s.Enabled != want.Enabled || s.Tools != want.Tools {
			t.Errorf("server %d is %+v, want %+v", i, s, want)
		}
	}
	for client, want := range map[string]int{"": own, "codex": own + 1, "zed": 0} {
		var tools loomrpc.ToolsReply
		if err := c.Call(t.Context(), loomrpc.MethodTools, loomrpc.ToolsQuery{Server: "fake", Client: client}, &tools); err != nil || len(tools.Tools) != want {
			t.Errorf("%q has %d tools, want %d: %v", client, len(tools.Tools), want, err)
		}
	}
	for name, want := range map[string]string{"fake": "fake fake+codex fake+zed", "fake+codex": "fake+codex", "fake+nobody": "", "codex": ""} {
		ids, err := a.resolve(t.Context(), name)
		if got := strings.Join(ids, " "); got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	var e *jsonrpc.Error
	if err := c.Call(t.Context(), loomrpc.MethodLogs, loomrpc.LogsQuery{Server: "fake+nobody"}, nil); !errors.As(err, &e) || e.Code != loomrpc.CodeUnknown {
		t.Errorf("logs of an unknown server: %v", err)
	}
}

// In a project the targets of its servers are found by id from anywhere.
func TestTargetsOfAProject(t *testing.T) {
	w := newProjectWorld(t)
	dir := w.project("servers: {db: {command: FAKE, targets: {codex: {args: [--extra, 1]}}}}\n")
	w.trust(dir, registry.Granted{})
	w.session(dir)
	id := registry.Server{Name: "db", Project: dir}.ID()
	for name, want := range map[string][]string{"db": {id, id + "+codex"}, id: {id, id + "+codex"}, id + "+codex": {id + "+codex"}} {
		if ids, err := w.app.resolve(t.Context(), name); err != nil || !slices.Equal(ids, want) {
			t.Errorf("%s is %v, %v, want %v", name, ids, err, want)
		}
	}
}

// A reload says what changed, and of a target that alone.
func TestCompareTargets(t *testing.T) {
	parse := func(text string) *registry.Registry {
		r, err := registry.Parse("registry.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	base := "servers: {db: {command: x, targets: {codex: {args: [a]}, zed: {args: [b]}}}}"
	for text, want := range map[string]string{
		base: "[] [] [] 3",
		"\n\n" + strings.Replace(base, "targets", "\n  targets", 1):        "[] [] [] 3",
		strings.Replace(base, "[a]", "[c]", 1):                             "[] [] [db+codex] 2",
		strings.Replace(base, ", zed: {args: [b]}", "", 1):                 "[] [db+zed] [] 2",
		strings.Replace(base, "{args: [b]}", "{enabled: false}", 1):        "[] [db+zed] [] 2",
		strings.Replace(base, "zed", "cursor", 1):                          "[db+cursor] [db+zed] [] 2",
		strings.Replace(base, "command: x", "command: x, timeout: 10s", 1): "[] [] [db db+codex db+zed] 0",
		"": "[] [db db+codex db+zed] [] 0",
	} {
		got := compare(parse(base), parse(text))
		if s := strings.Join([]string{words(got.Added), words(got.Removed), words(got.Changed), string(rune('0' + got.Unchanged))}, " "); s != want {
			t.Errorf("%s: %s, want %s", text, s, want)
		}
	}
}

func words(list []string) string { return "[" + strings.Join(list, " ") + "]" }
