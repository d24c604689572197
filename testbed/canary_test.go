package testbed_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/keyring/keyringtest"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/testbed"
)

// Three secrets that are easily found: a token with all that is written in
// another way elsewhere, what takes its place, and a key of several lines.
const (
	canaryToken = `c4nary/+T0ken=&"q"<é>%7`
	canaryNext  = `n3xt-canary/+T0ken=&"q"`
	canaryKey   = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n"
)

// canaries is a registry of servers that do with their secrets what they should not.
const canaries = `
secrets: {backend: secret-service}
servers:
  fake: {command: @fake, share: global, env: {TOKEN: "${secret:token}"}}
  other: {command: @fake, share: global}
  filed: {command: @fake, share: global, env: {KEY_FILE: "${secretfile:key}"}}
  loud:
    command: sh
    args:
      - -c
      - |
        echo "token $TOKEN, URL $URL" >&2
        printf %s "$TOKEN" | base64 >&2
        printf '%.12s\n' "$TOKEN" >&2
        printf %s "user:$TOKEN" | base64 >&2
        cat "$KEY_FILE" >&2
        exec "$0"
      - @fake
    share: global
    env: {TOKEN: "${secret:token}", URL: "https://me:${secret:token}@example.test/", KEY_FILE: "${secretfile:key}"}
  broken:
    command: sh
    args: [-c, 'echo "refused: $TOKEN" >&2; exit 3']
    share: global
    env: {TOKEN: "${secret:token}"}
`

// needles are the ways in which a secret would be found.
func needles() (all []string) {
	for _, value := range []string{canaryToken, canaryNext, canaryKey} {
		quoted, _ := json.Marshal(value)
		raw := []byte(value)
		all = append(all, value, string(quoted[1:len(quoted)-1]), strings.Trim(strconv.Quote(value), `"`), url.QueryEscape(value), url.PathEscape(value),
			base64.RawStdEncoding.EncodeToString(raw)[:20], base64.RawURLEncoding.EncodeToString(raw)[:20])
	}
	return append(all, strings.Split(canaryKey, "\n")[1:3]...)
}

// canary is a world in which nothing may show a secret.
type canary struct {
	*testbed.World
	t        *testing.T
	variable string // by which loom-keyring finds the fake
	needles  []string
}

// clean looks for the secrets in text.
func (c *canary) clean(where, text string) {
	c.t.Helper()
	for _, needle := range c.needles {
		if strings.Contains(text, needle) {
			c.t.Errorf("%s shows a secret as %q", where, needle)
		}
	}
}

// masked is clean, and a secret must have been there.
func (c *canary) masked(where, text string) {
	c.t.Helper()
	c.clean(where, text)
	if !strings.Contains(text, "[redacted]") {
		c.t.Errorf("nothing is masked in %s: %s", where, text)
	}
}

// set sets a secret as a user does, and returns what the command says.
func (c *canary) set(name, value string) string {
	c.t.Helper()
	o := c.run(testbed.Command{Args: []string{"secret", "set", name, "--stdin"}, Stdin: value + "\n"})
	c.clean("loom secret set", o.Stdout+o.Stderr)
	if o.Code != 0 {
		c.t.Fatalf("loom secret set: %s%s", o.Stdout, o.Stderr)
	}
	return o.Stdout + o.Stderr
}

// run runs a command that finds the keyring.
func (c *canary) run(command testbed.Command) testbed.Output {
	c.t.Helper()
	command.Env = append(command.Env, c.variable)
	return c.Run(command)
}

// everywhere looks at every file, every output and every command line. The files
// that servers read are those in holds.
func (c *canary) everywhere(when string, holds ...string) {
	c.t.Helper()
	for _, args := range [][]string{
		{"status"}, {"status", "--json"}, {"servers", "--json"}, {"tools"}, {"tools", "--json"}, {"logs", "loomd"}, {"metrics"}, {"audit"}, {"audit", "--json"},
		{"logs", "fake"}, {"logs", "other"}, {"logs", "filed"}, {"logs", "loud"}, {"logs", "broken"},
		{"secret", "list"}, {"secret", "list", "--json"}, {"secret", "get", "key"}, {"secret", "doctor"},
		{"validate"}, {"validate", "--json"}, {"doctor"}, {"doctor", "--json"}, {"registry", "show", "--origin"}, {"profile", "list"},
		{"doctor", "--report", filepath.Join(c.Mkdir("reports"), strings.ReplaceAll(when, " ", "-"))}, {"sync", "claude", "codex", "vscode"}, {"sync", "status"},
		{"generate", "configs", "--direct"}, {"sync", "claude", "codex", "vscode", "--direct"}, {"validate", "configs"}, {"validate", "configs", "--json"},
	} {
		o := c.run(testbed.Command{Args: args})
		c.clean(when+": loom "+strings.Join(args, " "), o.Stdout+o.Stderr)
	}
	err := filepath.WalkDir(c.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || slices.Contains(holds, path) {
			return nil // what has just gone is not there
		}
		raw, err := os.ReadFile(path)
		if err == nil {
			c.clean(when+": "+path, string(raw))
		}
		return nil
	})
	if err != nil {
		c.t.Error(err)
	}
	for _, p := range c.Processes() {
		c.clean(when+": the command line of "+strconv.Itoa(p.PID), p.Args)
	}
}

// inEnvironments counts the processes of this world that have the token in
// their environment, where the system shows that. loomd is not one of them.
func (c *canary) inEnvironments(value string) (pids []int) {
	for _, p := range c.Processes() {
		raw, _ := os.ReadFile("/proc/" + strconv.Itoa(p.PID) + "/environ")
		if strings.Contains(string(raw), value) {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// TestCanary: secrets that come from the keyring are in the environment of the
// servers that need them, or in a file of theirs, and nowhere else, whatever
// happens.
func TestCanary(t *testing.T) {
	t.Parallel()
	opts := options(t)
	c := &canary{t: t, variable: keyringtest.New(t, keyring.SecretService).Options().Env[0], needles: needles()}
	name, value, _ := strings.Cut(c.variable, "=")
	opts.Daemon = map[string]string{name: value}
	c.World = testbed.New(t, opts)
	c.Registry(canaries)
	c.set("token", canaryToken)
	c.set("key", canaryKey)

	client := c.Connect(testbed.ClientOptions{}) // loom start would save an environment without the fake's variable
	client.Ask("tools/list", "")
	watch, stop := c.watch()
	// A result is the server's own, and is not touched.
	if got := client.MustCall("fake__env", `{"name":"TOKEN"}`); got != canaryToken+" true" {
		t.Errorf("the server has %q", got)
	}
	c.masked("loom trace --body", watch())
	stop()
	loud, _ := strconv.Atoi(client.MustCall("loud__pid", "{}"))
	keyFile := func(server string) string {
		path, _, _ := strings.Cut(client.MustCall(server+"__env", `{"name":"KEY_FILE"}`), " ")
		if raw, err := os.ReadFile(path); err != nil || string(raw) != canaryKey {
			t.Errorf("%s reads %q, %v", server, raw, err)
		}
		return path
	}
	files := []string{keyFile("loud"), keyFile("filed")}
	if files[0] == files[1] {
		t.Error("two servers have one file")
	}
	c.masked("loom logs loud", c.MustLoom("logs", "loud"))
	failure := client.Call("loud__crash", "{}")
	c.masked("the error of a crash", string(failure.Raw))
	c.Gone(loud)
	c.masked("the error of a failed start", string(client.Call("broken__pid", "{}").Raw))
	c.masked("loom status --json", c.MustLoom("status", "--json"))
	c.masked("loom__status", string(client.Call("loom__status", "{}").Raw))
	keyFile("loud") // it is started anew
	files = append(files, keyFile("loud"))
	c.everywhere("while all run", files...)
	if pids := c.inEnvironments(canaryToken); runtime.GOOS == "linux" && len(pids) != 2 {
		t.Errorf("the token is in the environment of %d processes, not of fake and loud alone", len(pids))
	}

	// Another value: the server that has it is restarted, and both are hidden.
	if said := c.set("token", canaryNext); !strings.Contains(said, "fake, loud") {
		t.Errorf("the servers that begin anew are not named: %s", said)
	}
	if got := client.MustCall("fake__env", `{"name":"TOKEN"}`); got != canaryNext+" true" {
		t.Errorf("after the change the server has %q", got)
	}
	c.Registry(canaries + "  more: {command: @fake, share: global, env: {TOKEN: \"x-${secret:token}\"}}\n")
	c.MustLoom("reload")
	client.MustCall("more__pid", "{}")
	files = append(files, keyFile("loud"))
	c.everywhere("after the change", files...)

	// A loomd that is killed can remove nothing: the next one does.
	old := c.Status().PID
	c.Kill(old)
	c.Gone(old)
	testbed.Eventually(t, "the next loomd serves", func() bool { return client.Call("other__pid", "{}").Err() == nil })
	for _, file := range files {
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s outlives loomd", file)
		}
	}
	c.everywhere("after loomd was killed")
	c.MustLoom("stop")
	c.everywhere("at the end")
}

// watch follows all messages with their bodies. read returns what came.
func (c *canary) watch() (read func() string, stop func()) {
	c.t.Helper()
	conn, err := localsock.Dial(c.t.Context(), c.Socket)
	if err != nil {
		c.t.Fatal(err)
	}
	client := loomrpc.NewClient(conn)
	if _, err := client.Hello(c.t.Context(), loomrpc.Hello{Version: "testbed", PID: os.Getpid(), Control: true}); err != nil {
		c.t.Fatal(err)
	}
	var reply loomrpc.TraceReply
	read = func() string {
		c.t.Helper()
		ctx, cancel := context.WithTimeout(c.t.Context(), testbed.Patience)
		defer cancel()
		if err := client.Call(ctx, loomrpc.MethodTrace, loomrpc.TraceQuery{ID: reply.ID, Body: true}, &reply); err != nil {
			c.t.Fatal(err)
		}
		raw, _ := json.Marshal(reply.Events)
		return string(raw)
	}
	read()
	return read, func() { client.Close() }
}
