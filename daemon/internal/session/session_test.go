package session

import (
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/core/fakeserver"
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/audit"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/pool"
	"github.com/loom-core/loom/daemon/internal/results"
	"github.com/loom-core/loom/daemon/internal/trace"
	"github.com/loom-core/loom/registry"
)

func TestMain(m *testing.M) {
	if os.Getenv("FAKE_SERVER") == "1" {
		os.Exit(fakeserver.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// nothing is an Observer.
type nothing struct{}

func (nothing) CallBegan(string)                                {}
func (nothing) CallEnded(string, string, string, time.Duration) {}
func (nothing) Dropped(int)                                     {}
func (nothing) ChildStarted(string, time.Duration, error)       {}
func (nothing) ChildExited(string, string)                      {}

// noProjects is a machine without any.
type noProjects struct{}

func (noProjects) Find(string) string { return "" }

// peer is a session, and the proxy at its other end.
type peer struct {
	*Session
	t      *testing.T
	svc    *Services
	pool   *pool.Pool
	conn   *net.UnixConn
	frames *jsonrpc.Reader
	served sync.WaitGroup
}

// connect opens a session with a registry that has that text below its version
// line; @fake in it is the server with bad habits.
func connect(t *testing.T, text string, change ...func(*Services)) *peer {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	reg, err := registry.Parse("registry.yaml", []byte("version: 1\nservers:\n  fake: {command: "+exe+", share: global, "+text+"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := results.Open(t.TempDir(), results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	log := audit.Open(t.TempDir(), audit.Options{})
	t.Cleanup(func() { log.Close() })
	h := hub.New(reg, cat, nil, nil)
	p := pool.New(pool.Options{
		Catalog: cat, Lookup: secret.NewLookup(os.LookupEnv, secret.Memory{}), Environ: []string{"FAKE_SERVER=1", "GORACE=atexit_sleep_ms=0", "PATH=" + os.Getenv("PATH")},
		Home: t.TempDir(), Version: "test", Instance: "i", Log: slog.New(slog.DiscardHandler), Observer: nothing{}, Changed: h.Changed,
	})
	t.Cleanup(func() { p.Close() })
	svc := &Services{
		Hub: h, Servers: p, Learner: p, Projects: noProjects{}, Status: func(string, string) []byte { return []byte("{}") }, Results: kept, Audit: log, Trace: trace.New(nil),
		Observer: nothing{}, Log: slog.New(slog.DiscardHandler), Version: "test", Budget: NewBudget(1 << 30), Instance: "i",
	}
	for _, f := range change {
		f(svc)
	}
	return open(t, svc, p)
}

func open(t *testing.T, svc *Services, p *pool.Pool) *peer {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := l.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	c := &peer{Session: New(svc, theirs, "1"), t: t, svc: svc, pool: p, conn: conn, frames: jsonrpc.NewReader(conn, 0)}
	c.served.Go(func() { c.Serve(t.Context(), func() {}) })
	t.Cleanup(c.close)
	hello, err := json.Marshal(loomrpc.Hello{Protocol: loomrpc.Protocol, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	c.write(`{"jsonrpc":"2.0","id":"hello","method":"` + loomrpc.MethodHello + `","params":` + string(hello) + `}`)
	c.answer(`"hello"`)
	return c
}

// close disconnects and waits until the session has ended.
func (c *peer) close() {
	c.conn.Close()
	c.served.Wait()
}

func (c *peer) write(line string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(line + "\n")); err != nil {
		c.t.Fatal(err)
	}
}

// mcp sends an MCP message.
func (c *peer) mcp(line string) {
	c.t.Helper()
	c.write(`{"jsonrpc":"2.0","method":"` + loomrpc.MethodMCP + `","params":` + line + `}`)
}

// answer waits for the response to a raw id. What comes before it is dropped.
func (c *peer) answer(id string) string {
	c.t.Helper()
	c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		frame, err := c.frames.Next()
		if err != nil {
			c.t.Fatalf("waiting for the answer to %s: %v", id, err)
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			c.t.Fatalf("%v: %s", err, frame)
		}
		if m.Kind() == jsonrpc.Response && string(m.ID.Of(frame)) == id {
			return string(frame)
		}
	}
}

func (c *peer) initialize() {
	c.t.Helper()
	c.mcp(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test"}}}`)
	c.answer(`"init"`)
	c.mcp(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}

// eventually waits for something that no message tells of.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// instance is that of the server.
func (c *peer) instance() *pool.Instance {
	c.t.Helper()
	server, ok := c.svc.Hub.Registry().Server("fake")
	if !ok {
		c.t.Fatal("no server")
	}
	return c.pool.Instance(server, pool.Sharing{})
}

// flying puts a call where the client waits for it.
func (c *peer) flying(id string) *call {
	one := &call{id: []byte(id), method: "tools/call", server: "fake", began: time.Now(), instance: c.instance()}
	one.request = &pool.Call{Owner: c.Session, Request: child.Request{Done: func(child.Answer) {}}}
	c.mu.Lock()
	c.calls[id] = one
	c.mu.Unlock()
	return one
}
