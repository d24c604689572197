package testbed_test

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

const targeted = `
servers:
  db:
    command: @fake
    share: global
    env: {WHO: all}
    targets:
      codex: {env: {WHO: codex}, args: [--extra, 1]}
      gemini: {enabled: false}
`

// TestTargets: each client has the server that is for it, under the same name: its
// own process with its own variables, or none at all. A reload that changes what one
// of them has leaves the others' process alone.
func TestTargets(t *testing.T) {
	w := newWorld(t, targeted)
	as := func(client string) *testbed.Client {
		return w.Connect(testbed.ClientOptions{Args: []string{"--client", client}})
	}
	nobody, claude, codex, gemini := w.Connect(testbed.ClientOptions{}), as("claude"), as("codex"), as("gemini")
	who := func(c *testbed.Client) string {
		value, _, _ := strings.Cut(c.MustCall("db__env", `{"name":"WHO"}`), " ")
		return value
	}
	pid := func(c *testbed.Client) string { return c.MustCall("db__pid", "{}") }
	if a, b, c := who(nobody), who(claude), who(codex); a != "all" || b != "all" || c != "codex" {
		t.Errorf("WHO is %s without a client, %s for claude and %s for codex", a, b, c)
	}
	if a, b, c := pid(nobody), pid(claude), pid(codex); a != b || b == c {
		t.Errorf("share: global gives %s, %s and for codex %s", a, b, c)
	}
	if got := codex.MustCall("db__extra-0", "{}"); got != "extra-0" {
		t.Errorf("the tool that codex alone has gave %q", got)
	}
	for name, c := range map[string]*testbed.Client{"db__extra-0": claude, "db__pid": gemini} {
		if e := c.Call(name, "{}").Err(); e == nil {
			t.Errorf("%s can be called by others", name)
		}
	}
	if e := gemini.Call("db__pid", "{}").Err(); !strings.Contains(e.Message, "db__pid is not for gemini") || !strings.Contains(e.Data.Hint, "registry.yaml:10:") {
		t.Errorf("gemini is told %q, %q", e.Message, e.Data.Hint)
	}
	for c, want := range map[*testbed.Client][]string{claude: {"db: ready"}, codex: {"db: ready"}, gemini: {"db: disabled"}} {
		if got := c.MustCall("loom__status", "{}"); strings.Count(got, "db") != len(want) || !strings.Contains(got, want[0]) {
			t.Errorf("loom__status says %s, want %s", got, want)
		}
	}

	theirs, own := pid(claude), pid(codex)
	codex.Forget(mcp.ToolsListChanged)
	w.Registry(strings.Replace(targeted, "WHO: codex", "WHO: someone", 1))
	if got := w.MustLoom("reload"); !strings.Contains(got, "changed db+codex") || strings.Contains(got, "changed db\n") {
		t.Errorf("loom reload says %q", got)
	}
	if got := who(codex); got != "someone" {
		t.Errorf("after the reload WHO is %s for codex", got)
	}
	if a, b := pid(claude), pid(codex); a != theirs || b == own {
		t.Errorf("claude had %s and has %s, codex had %s and has %s", theirs, a, own, b)
	}
	w.Gone(number(t, own))

	// What one command line says of the server is of all that clients have of it, and
	// with an id of the one.
	if got := w.MustLoom("restart", "db+codex"); !strings.HasPrefix(got, "db+codex: ") || !strings.Contains(got, " stopped") { // one that was started to be read may be among them
		t.Errorf("loom restart db+codex says %q", got)
	}
	if a, b := pid(claude), pid(codex); a != theirs || b == own {
		t.Errorf("restarted for codex: claude has %s and had %s, codex has %s", a, theirs, b)
	}
	own = pid(codex)
	w.MustLoom("restart", "db")
	if a, b := pid(claude), pid(codex); a == theirs || b == own {
		t.Errorf("restarted: claude has %s and had %s, codex has %s and had %s", a, theirs, b, own)
	}

	// Without its target codex has what all have.
	w.Registry(strings.Replace(targeted, "      codex: {env: {WHO: codex}, args: [--extra, 1]}\n", "", 1))
	w.MustLoom("reload")
	if a, b := who(codex), who(claude); a != "all" || b != "all" {
		t.Errorf("without a target WHO is %s for codex and %s for claude", a, b)
	}
	if pid(codex) != pid(claude) {
		t.Error("without a target codex has a process of its own")
	}
}

// TestTargetsOnTheCommandLine: what one client has in place of a server is called by an
// id of its own, and told by the commands that are about servers.
func TestTargetsOnTheCommandLine(t *testing.T) {
	w := newWorld(t, targeted)
	claude := w.Connect(testbed.ClientOptions{Args: []string{"--client", "claude"}})
	codex := w.Connect(testbed.ClientOptions{Args: []string{"--client", "codex"}})
	claude.MustCall("db__pid", "{}")
	codex.MustCall("db__pid", "{}")
	codex.MustCall("db__noise", `{"lines":1}`)
	for _, tc := range []struct {
		args      string
		has, lack string
		code      int
	}{
		{args: "status", has: "db+codex", lack: "db+gemini"},
		{args: "tools --client codex", has: "db__extra-0"},
		{args: "tools --client claude", has: "db__pid", lack: "db__extra-0"},
		{args: "tools --client gemini", lack: "db__pid"},
		{args: "audit --server db", has: "claude"},
		{args: "audit --server db", has: "codex"},
		{args: "audit --server db+codex", has: "codex", lack: "claude"},
		{args: "audit --tool db__noise", has: "db+codex"},
		{args: "logs db+codex", has: "log line"},
		{args: "logs db", lack: "log line"},
		{args: "pin db", has: "db: pinned", lack: "db+codex"},
		{args: "pin --diff", has: "db+codex: new extra-0", code: 1},
		{args: "pin db+codex", has: "db+codex: pinned"},
		{args: "pin --diff", has: "db+codex: "},
		{args: "validate", lack: "server db"},
	} {
		o := w.Loom(strings.Fields(tc.args)...)
		if o.Code != tc.code || !strings.Contains(o.Stdout, tc.has) || tc.lack != "" && strings.Contains(o.Stdout, tc.lack) {
			t.Errorf("loom %s ended with %d\n%s%s", tc.args, o.Code, o.Stdout, o.Stderr)
		}
	}
}

// TestSubscriptionsFollowTheTarget: a client that gets a target hears of the resources
// that it follows from its own process by then, and no longer from that of the others.
func TestSubscriptionsFollowTheTarget(t *testing.T) {
	eachPair(t, func(t *testing.T, client, server string) {
		registry := surfaceOf(server, "global")
		w := newWorld(t, registry)
		codex := able(client, noQuestion)
		codex.Args = append(codex.Args, "--client", "codex")
		c, other := w.Connect(codex), w.Connect(able(client, noQuestion))
		const touch = `{"uri":"fake://fake/text"}`
		if client == "modern" {
			c.Listen(`{"resourceSubscriptions":["fake://fake/text"]}`)
		} else if f := c.Ask(mcp.ResourcesSubscribe, touch); f.Err() != nil {
			t.Fatal(f)
		}
		told := func(c *testbed.Client) bool { return c.MustCall("fake__touch", touch) != "told 0" }
		testbed.Eventually(t, "the server to know of it", func() bool { return told(other) })
		for _, target := range []bool{true, false} {
			text := registry
			if target {
				text += "    targets: {codex: {env: {A: b}}}\n"
			}
			w.Registry(text)
			w.MustLoom("reload")
			testbed.Eventually(t, "its own process to know of it", func() bool { return told(c) })
			testbed.Eventually(t, "the process of others to have forgotten, if that is another one", func() bool { return told(other) != target })
		}
	})
}
