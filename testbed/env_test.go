package testbed_test

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/testbed"
)

const withEnv = `
servers:
  fake:
    command: @fake
    share: global
    env:
      PLAIN: text with ${env:CITY} and $${env:CITY}
      FALLBACK: ${env:NOT_THERE:-a default}
      ABSENT: ${env:NOT_THERE?}
      TOKEN: ${secret:fake-token}
`

// lookup is the value of a variable in the server, and whether it is set.
func lookup(c *testbed.Client, name string) string {
	return c.MustCall("fake__env", `{"name":"`+name+`"}`)
}

// TestServerEnvironment: a server gets what its entry says and the short list
// that programs need; nothing of the shell that the client runs in.
func TestServerEnvironment(t *testing.T) {
	w := newWorld(t, withEnv)
	start := w.Run(testbed.Command{Args: []string{"start"}, Env: []string{"CITY=Vienna", "LOOM_SECRET_FAKE_TOKEN=s3cret-canary", "AWS_SECRET_ACCESS_KEY=shell"}})
	if start.Code != 0 {
		t.Fatalf("loom start: %s%s", start.Stdout, start.Stderr)
	}
	c := w.Connect(testbed.ClientOptions{Env: []string{"EDITOR=ed", "CITY=Graz", "HTTPS_PROXY=http://client:1"}})
	for name, want := range map[string]string{
		"PLAIN": "text with Vienna and ${env:CITY} true", "FALLBACK": "a default true", "ABSENT": " false",
		"TOKEN": "s3cret-canary true", "HOME": w.Home + " true",
		"EDITOR": " false", "CITY": " false", "HTTPS_PROXY": " false", "AWS_SECRET_ACCESS_KEY": " false",
		"LOOM_SECRET_FAKE_TOKEN": " false", "LOOM_SOCKET": " false",
	} {
		if got := lookup(c, name); got != want {
			t.Errorf("in the server %s is %q, want %q", name, got, want)
		}
	}
	if got := lookup(c, "PATH"); !strings.HasSuffix(got, " true") || len(got) < 10 {
		t.Errorf("in the server PATH is %q", got)
	}
	noCanary(t, w, "s3cret-canary")
}

// noCanary looks for a secret where none may be: in every file below the home
// directory, in what commands print, and in command lines.
func noCanary(t *testing.T, w *testbed.World, secret string) {
	t.Helper()
	for _, args := range [][]string{{"status", "--json"}, {"servers", "--json"}, {"tools", "--json"}, {"logs", "loomd"}, {"logs", "fake"}, {"metrics"}} {
		if o := w.Loom(args...); strings.Contains(o.Stdout+o.Stderr, secret) {
			t.Errorf("loom %s prints the secret", strings.Join(args, " "))
		}
	}
	for file, text := range w.Files() {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds the secret", file)
		}
	}
	for _, p := range w.Processes() {
		if strings.Contains(p.Args, secret) {
			t.Errorf("the secret stands in the command line of %d", p.PID)
		}
	}
}

// TestMissingInput: a server whose secret or variable is not there is an error
// that names it and the command that mends it; once mended it works.
func TestMissingInput(t *testing.T) {
	w := newWorld(t, withEnv)
	c := w.Connect(testbed.ClientOptions{})
	failed(t, c.Call("fake__echo", "{}"), loomrpc.CodeMissingInput, "missing_input", "fake", "CITY", "loom start")
	c.Close()
	w.MustLoom("stop")

	start := w.Run(testbed.Command{Args: []string{"start"}, Env: []string{"CITY=Vienna"}})
	if text := start.Stdout + start.Stderr; !strings.Contains(text, "loom secret set fake-token") {
		t.Errorf("loom start does not say what is missing:\n%s", text)
	}
	c = w.Connect(testbed.ClientOptions{})
	failed(t, c.Call("fake__echo", "{}"), loomrpc.CodeMissingInput, "missing_input", "loom secret set fake-token")
	w.MustLoom("stop")
	w.Run(testbed.Command{Args: []string{"start"}, Env: []string{"CITY=Vienna", "LOOM_SECRET_FAKE_TOKEN=x"}})
	c.MustCall("fake__echo", "{}")
}
