package testbed_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestPolicy: what a profile or a client may not call is not listed, and is
// refused when it is called all the same.
func TestPolicy(t *testing.T) {
	w := newWorld(t, fake+`
    read_only_tools: [echo, pid]
profiles:
  default: {servers: ["*"]}
  careful: {servers: ["*"], deny: ["fake__cra*", fake__hang]}
  reader: {servers: ["*"], read_only: true}
  few: {servers: ["*"], allow: ["fake__echo", "fake__e*"]}
clients:
  codex: {profile: default, deny: [fake__echo]}
`)
	for _, one := range []struct {
		args     []string
		may, not string
	}{
		{nil, "fake__crash", ""},
		{[]string{"--profile", "careful"}, "fake__echo", "fake__crash"},
		{[]string{"--profile", "reader"}, "fake__pid", "fake__cwd"},
		{[]string{"--profile", "few"}, "fake__env", "fake__pid"},
		{[]string{"--client", "codex"}, "fake__pid", "fake__echo"},
		{[]string{"--client", "codex", "--profile", "reader"}, "fake__pid", "fake__echo"},
	} {
		c := w.Connect(testbed.ClientOptions{Args: one.args})
		names, _ := c.Ask(mcp.ToolsList, "").Tools()
		if !slices.Contains(names, one.may) || one.not != "" && slices.Contains(names, one.not) {
			t.Errorf("%v sees %v", one.args, names)
		}
		if one.not != "" {
			failed(t, c.Call(one.not, "{}"), loomrpc.CodeNotAllowed, "not_allowed", one.not)
		}
	}
}

// TestPins: a definition that changed since it was approved is held back where
// the profile says so, and shown where it does not.
func TestPins(t *testing.T) {
	w := newWorld(t, fake+`
profiles:
  default: {servers: ["*"]}
  strict: {servers: ["*"], pinned: enforce}
`)
	w.MustLoom("start")
	w.MustLoom("pin", "fake")
	strict := w.Connect(testbed.ClientOptions{Args: []string{"--profile", "strict"}})
	strict.MustCall("fake__grow", "{}") // it has a tool more now
	open := w.Connect(testbed.ClientOptions{})
	testbed.Eventually(t, "the tool to be there", func() bool { return open.Call("fake__extra-0", "{}").Err() == nil })
	failed(t, strict.Call("fake__extra-0", "{}"), loomrpc.CodeNotAllowed, "not_allowed", "loom pin --diff fake")
	if got := w.Loom("pin", "--diff"); !strings.Contains(got.Stdout, "extra-0") {
		t.Errorf("loom pin --diff says %+v", got)
	}
	w.MustLoom("pin", "fake")
	testbed.Eventually(t, "the approved tool to pass", func() bool { return strict.Call("fake__extra-0", "{}").Err() == nil })
}

// TestOneServer: loom proxy --server shows one server as it is, under its own
// names, in the same process as all others.
func TestOneServer(t *testing.T) {
	w := newWorld(t, surfaceOf("legacy", "global")+"  other: {command: @fake}\n")
	all, one := w.Connect(testbed.ClientOptions{}), w.Connect(testbed.ClientOptions{Args: []string{"--server", "fake"}})
	testbed.Eventually(t, "its own names", func() bool {
		names, _ := one.Ask(mcp.ToolsList, "").Tools()
		return slices.Contains(names, "echo") && !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, "__") })
	})
	if a, b := one.MustCall("pid", "{}"), all.MustCall("fake__pid", "{}"); a != b {
		t.Errorf("two processes, %s and %s", a, b)
	}
	if f := one.Ask("prompts/get", `{"name":"plain"}`); f.Err() != nil {
		t.Errorf("prompts/get: %s", f)
	}
	failed(t, one.Call("fake__pid", "{}"), -32602, "invalid_params", "fake__pid")
}

// TestRoots: a server that is shared by project runs where the client says that
// its project is, and two clients in one project share it.
func TestRoots(t *testing.T) {
	w := newWorld(t, strings.Replace(fake, "share: global", "share: workspace", 1))
	a, b := w.Mkdir("one <é>"), w.Mkdir("two")
	in := func(dir string) *testbed.Client {
		o := able("legacy", func(testbed.Frame) (string, string) {
			return fmt.Sprintf(`{"roots":[{"uri":"file://%s","name":"n"}]}`, strings.ReplaceAll(dir, " ", "%20")), ""
		})
		o.Dir = w.Home
		return w.Connect(o)
	}
	first, second, third := in(a), in(a), in(b)
	if got := first.MustCall("fake__cwd", "{}"); got != a {
		t.Errorf("it runs in %s, not in %s", got, a)
	}
	if got := third.MustCall("fake__cwd", "{}"); got != b {
		t.Errorf("it runs in %s, not in %s", got, b)
	}
	if first.MustCall("fake__pid", "{}") != second.MustCall("fake__pid", "{}") {
		t.Error("one project has two processes")
	}
}

// TestClientEnv: variables of the client's shell reach its servers, and nobody
// else's.
func TestClientEnv(t *testing.T) {
	w := newWorld(t, fake+"    client_env: [KUBECONFIG]\n")
	in := func(value string) *testbed.Client {
		return w.Connect(testbed.ClientOptions{Env: []string{"KUBECONFIG=" + value, "OTHER=x"}})
	}
	a, again, b := in("/a"), in("/a"), in("/b")
	for c, want := range map[*testbed.Client]string{a: "/a true", again: "/a true", b: "/b true"} {
		if got := c.MustCall("fake__env", `{"name":"KUBECONFIG"}`); got != want {
			t.Errorf("the server has %s, want %s", got, want)
		}
		if got := c.MustCall("fake__env", `{"name":"OTHER"}`); got != " false" {
			t.Errorf("the server has %s", got)
		}
	}
	if a.MustCall("fake__pid", "{}") != again.MustCall("fake__pid", "{}") || a.MustCall("fake__pid", "{}") == b.MustCall("fake__pid", "{}") {
		t.Error("the variable does not decide who shares the process")
	}
}

// TestLimits: a server that takes more memory than it may is ended, and its
// call says why.
func TestLimits(t *testing.T) {
	w := newWorld(t, uncapped+"    limits: {memory: 100MiB}\n")
	c := w.Connect(testbed.ClientOptions{})
	c.MustCall("fake__echo", "{}")
	id := c.Begin("fake__sleep", `{"ms":25000}`)
	c.Begin("fake__big", `{"bytes":60000000}`)
	f := c.Answer(id)
	if f.Err() == nil || !strings.Contains(f.String(), "over its memory limit of 100 MiB") {
		t.Errorf("got %s", f)
	}
}
