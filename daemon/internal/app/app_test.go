package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/fakeserver"
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/keyring/keyringtest"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/ring"
	"github.com/loom-core/loom/registry/pin"
)

func TestMain(m *testing.M) {
	keyringtest.Main()
	// LC_* reaches every server, and the workers of go test -fuzz too.
	if os.Getenv("LC_FAKE_SERVER") == "1" && !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.HasPrefix(arg, "-test.") }) {
		if slices.Contains(os.Args, "mirror") {
			mirror(slices.Contains(os.Args, "modern"))
			return
		}
		os.Exit(fakeserver.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// run starts a daemon in-process, in a home of its own.
func run(t testing.TB, registry string) (*App, Options) {
	t.Helper()
	opts := options(t, registry)
	return runWith(t, opts), opts
}

func runWith(t testing.TB, opts Options) *App {
	t.Helper()
	a, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(context.Background()) }()
	t.Cleanup(func() {
		a.Shutdown()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return a
}

func options(t testing.TB, registry string) Options {
	t.Helper()
	home := t.TempDir()
	for name, value := range map[string]string{"HOME": home, "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": "", "LOOM_SOCKET": "", "LC_FAKE_SERVER": "1"} {
		t.Setenv(name, value)
	}
	dirs, err := localsock.UserDirs()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, "registry.yaml")
	write(t, file, registry)
	run := filepath.Join(home, "run")
	return Options{Dirs: dirs, Socket: filepath.Join(run, "s"), RegistryFile: file, MustExist: true, MetricsAddr: "127.0.0.1:0", Version: "v1", Beside: home,
		Logger: slog.New(slog.DiscardHandler), Logs: ring.New(10, nil)}
}

func write(t testing.TB, file, text string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "FAKE", exe)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, opts Options, hello loomrpc.Hello) (*loomrpc.Client, error) {
	t.Helper()
	conn, err := localsock.Dial(t.Context(), opts.Socket)
	if err != nil {
		t.Fatal(err)
	}
	c := loomrpc.NewClient(conn)
	t.Cleanup(func() { c.Close() })
	_, err = c.Hello(t.Context(), hello)
	return c, err
}

const one = "version: 1\nservers:\n  fake: {command: FAKE, share: global}\n"

func TestHelloComesFirst(t *testing.T) {
	_, opts := run(t, one)
	for _, tc := range []struct{ frame, want string }{
		{`{"jsonrpc":"2.0","id":1,"method":"loom/status"}`, "begins with loom/hello"},
		{`garbage`, "begins with loom/hello"},
		{`{"jsonrpc":"2.0","id":1,"method":"loom/hello","params":{"protocol":99,"version":"v9"}}`, "hint: loom stop"},
		{`{"jsonrpc":"2.0","id":1,"method":"loom/hello","params":{"protocol":1,"profile":"nonesuch"}}`, "nonesuch"},
		{`{"jsonrpc":"2.0","id":1,"method":"loom/hello","params":[]}`, "reading loom/hello"},
	} {
		conn, err := localsock.Dial(t.Context(), opts.Socket)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, tc.frame+"\n")
		all, err := io.ReadAll(conn) // refused means closed
		if err != nil || !strings.Contains(string(all), tc.want) {
			t.Errorf("%s: %q, %v, want %q", tc.frame, all, err, tc.want)
		}
	}
}

func TestControlMethods(t *testing.T) {
	a, opts := run(t, one)
	c, err := connect(t, opts, loomrpc.Hello{Version: "v1", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	var learnt loomrpc.LearnReply
	if err := c.Call(t.Context(), loomrpc.MethodLearn, nil, &learnt); err != nil || len(learnt.Learnt) != 1 {
		t.Errorf("learn: %+v, %v", learnt, err)
	}
	var tools loomrpc.ToolsReply
	if err := c.Call(t.Context(), loomrpc.MethodTools, loomrpc.ToolsQuery{Server: "fake"}, &tools); err != nil || len(tools.Tools) != len(fakeserver.Tools) {
		t.Errorf("tools: %d, %v", len(tools.Tools), err)
	}
	var e *jsonrpc.Error
	if err := c.Call(t.Context(), "loom/nonesuch", nil, nil); !errors.As(err, &e) || e.Code != jsonrpc.CodeMethodNotFound {
		t.Errorf("unknown method: %v", err)
	}
	if err := c.Call(t.Context(), loomrpc.MethodLogs, loomrpc.LogsQuery{Server: "nonesuch"}, nil); !errors.As(err, &e) || e.Code != loomrpc.CodeUnknown {
		t.Errorf("logs of an unknown server: %v", err)
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		resp, err := http.Get(strings.TrimSuffix(a.metricsURL(), "/metrics") + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	if err := c.Call(t.Context(), loomrpc.MethodStop, nil, nil); err != nil {
		t.Errorf("stop has no answer: %v", err)
	}
}

// What is asked for raw is what the servers define, whatever hides it from clients.
func TestToolsRaw(t *testing.T) {
	_, opts := run(t, `
version: 1
servers:
  fake: {command: FAKE, share: global, tools: {"*": {enabled: false}}}
  broken: {command: FAKE, args: [-fail=no]}
  off: {command: FAKE, enabled: false}
profiles: {default: {servers: []}}
`)
	c, err := connect(t, opts, loomrpc.Hello{Version: "v1", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	var reply loomrpc.ToolsReply
	if err := c.Call(t.Context(), loomrpc.MethodTools, loomrpc.ToolsQuery{Raw: true}, &reply); err != nil {
		t.Fatal(err)
	}
	if len(reply.Tools) != len(fakeserver.Tools) || reply.Unknown["broken"] == "" || len(reply.Unknown) != 1 {
		t.Errorf("%d tools, unknown are %v", len(reply.Tools), reply.Unknown)
	}
	defs := map[string]json.RawMessage{}
	for _, tool := range reply.Tools {
		if tool.Server != "fake" || tool.Name != "" || tool.Definition != nil {
			t.Errorf("got %+v", tool)
		}
		defs[tool.Tool] = tool.Raw
	}
	// What comes over the socket is pinned, and compared with what the server wrote.
	var pins pin.Pins
	if err := pins.Set("fake", defs); err != nil {
		t.Fatal(err)
	}
	for _, tool := range fakeserver.Tools {
		if got := pins.State("fake", tool, []byte(fakeserver.Definition(tool))); got != pin.Same {
			t.Errorf("%s is %v once it is pinned", tool, got)
		}
	}
	if err := c.Call(t.Context(), loomrpc.MethodTools, loomrpc.ToolsQuery{Raw: true, Server: "off"}, &reply); err != nil || len(reply.Tools) != 0 {
		t.Errorf("of a server that is off: %v, %v", reply.Tools, err)
	}
}

// TestReload is a list of steps: what stands in the file, and what is true after it.
func TestReload(t *testing.T) {
	_, opts := run(t, one)
	c, err := connect(t, opts, loomrpc.Hello{Version: "v1", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name, registry, want, gauge string
	}{
		{"the same", "# a comment moves the lines\n" + one, `"added":[],"removed":[],"changed":[],"unchanged":1`, "1"},
		{"invalid", "version: 1\nservers:\n  fake: {comand: x}\n", "registry.yaml:3:", "0"},
		{"gone", "version: 1\n", `"removed":["fake"]`, "1"},
		{"back, and another", one + "  two: {command: FAKE}\n", `"added":["fake","two"]`, "1"},
		{"changed", one + "  two: {command: FAKE, args: [-pages=2]}\n", `"changed":["two"],"unchanged":1`, "1"},
	} {
		t.Run(step.name, func(t *testing.T) {
			write(t, opts.RegistryFile, step.registry)
			var reply json.RawMessage
			got := ""
			if err := c.Call(t.Context(), loomrpc.MethodReload, nil, &reply); err != nil {
				got = err.Error()
			} else {
				got = string(reply)
			}
			if !strings.Contains(got, step.want) {
				t.Errorf("got %s, want %s", got, step.want)
			}
			var m loomrpc.MetricsReply
			if err := c.Call(t.Context(), loomrpc.MethodMetrics, nil, &m); err != nil || !strings.Contains(m.Text, "loomd_config_last_reload_successful "+step.gauge+"\n") {
				t.Errorf("gauge is not %s (%v)", step.gauge, err)
			}
			var s loomrpc.Status
			if err := c.Call(t.Context(), loomrpc.MethodStatus, nil, &s); err != nil || (s.RegistryError == "") != (step.gauge == "1") {
				t.Errorf("status: %q, %v", s.RegistryError, err)
			}
		})
	}
}

func TestNewFailsInOrder(t *testing.T) {
	_, opts := run(t, one)
	var inUse *localsock.InUseError
	if _, err := New(opts); !errors.As(err, &inUse) {
		t.Errorf("a second daemon: %v", err)
	}
	// One that holds the locks and answers no more is waited for, until a signal comes.
	ending := options(t, one)
	l, err := localsock.Listen(ending.Socket, ending.Dirs)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.StopAccepting()
	giveUp := make(chan struct{})
	close(giveUp)
	ending.GiveUp = giveUp
	if _, err := New(ending); !errors.As(err, &inUse) {
		t.Errorf("told to give up: %v", err)
	}
	bad := options(t, "version: 1\nnonsense: true\n")
	if _, err := New(bad); err == nil || !strings.Contains(err.Error(), "registry.yaml:2:1") {
		t.Errorf("a bad registry at the start: %v", err)
	}
	write(t, bad.RegistryFile, one)
	a, err := New(bad)
	if err != nil {
		t.Fatalf("the locks were not freed: %v", err)
	}
	a.Shutdown()
	if err := a.Run(t.Context()); err != nil {
		t.Error(err)
	}
}
