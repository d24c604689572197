package testbed_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestBadFrames: whatever a client writes costs that one line. What came
// before and comes after is answered.
func TestBadFrames(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	slow := c.Begin("fake__sleep", `{"ms":300}`)
	for _, bad := range []struct {
		line string
		code int
	}{
		{`{"jsonrpc":"2.0","id":1,`, jsonrpc.CodeParse},
		{`not JSON at all`, jsonrpc.CodeParse},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", jsonrpc.CodeParse},
		{`[{"jsonrpc":"2.0","id":"b","method":"ping"}]`, jsonrpc.CodeInvalidRequest},
		{`"text"`, jsonrpc.CodeInvalidRequest},
		{`{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`, jsonrpc.CodeInvalidRequest},
	} {
		c.Send(bad.line)
		if e := c.Answer("null").Err(); e == nil || e.Code != bad.code {
			t.Errorf("%q gives %+v, want code %d", bad.line, e, bad.code)
		}
	}
	c.Send("")
	c.Send(`{"jsonrpc":"2.0","id":"odd","method":"loom/stop"}`)
	if e := c.Answer(`"odd"`).Err(); e == nil || e.Code != jsonrpc.CodeMethodNotFound {
		t.Errorf("a client may call loom/stop: %+v", e)
	}
	if got := c.Answer(slow).Text(); got != "slept" {
		t.Errorf("the call beside it gave %q", got)
	}
	c.MustCall("fake__echo", "{}")
}

// TestHugeLine: a call of 100 MB is refused by its id, memory stays bounded,
// and the session goes on.
func TestHugeLine(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	began := time.Now()
	c.Expect("4711")
	for _, part := range []io.Reader{
		strings.NewReader(`{"jsonrpc":"2.0","id":4711,"method":"tools/call","params":{"name":"fake__echo","arguments":{"text":"`),
		io.LimitReader(zeros{}, 100<<20),
		strings.NewReader(`"}}}` + "\n"),
	} {
		if _, err := io.Copy(c.Stdin(), part); err != nil {
			t.Fatal(err)
		}
	}
	failed(t, c.Answer("4711"), loomrpc.CodeTooLarge, "too_large", "over the limit")
	t.Logf("a line of 100 MB was refused after %s; the proxy's peak is %d MB", time.Since(began).Round(time.Millisecond), peak(c.PID())>>10)
	if kb := peak(c.PID()); kb > 400<<10 && !raceDetector {
		t.Errorf("the proxy took %d MB", kb>>10)
	}
	c.MustCall("fake__echo", "{}")
}

// zeros reads as the digit 0 without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte("0"), len(p))), nil }

// peak is the largest resident size of a process in KB, 0 where nobody says.
func peak(pid int) (kb int) {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if _, rest, ok := strings.Cut(string(raw), "VmHWM:"); ok {
		fmt.Sscan(rest, &kb)
	}
	return kb
}

// TestUnknownTool: the error names what comes near.
func TestUnknownTool(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	for name, near := range map[string]string{"fake__ecko": "fake__echo", "echo": "fake__echo", "other__sleep": "fake__sleep", "loom__statsu": "loom__status"} {
		failed(t, c.Call(name, "{}"), jsonrpc.CodeInvalidParams, "invalid_params", "unknown tool "+name, "did you mean "+near, "loom tools")
	}
	failed(t, c.Call("", "{}"), jsonrpc.CodeInvalidParams, "invalid_params")
	if e := c.Ask("tools/call", "").Err(); e == nil {
		t.Error("a call without params was answered with a result")
	}
	if e := c.Ask("no/such", "{}").Err(); e == nil || e.Code != jsonrpc.CodeMethodNotFound {
		t.Errorf("an unknown method gives %+v", e)
	}
}

// TestBadRegistryAtStart: a registry with a mistake keeps nobody from being
// told: initialize is answered, and says file, line and word.
func TestBadRegistryAtStart(t *testing.T) {
	w := newWorld(t, "servres: {}\n")
	c := w.Client(testbed.ClientOptions{})
	if f := c.Initialize(); !strings.Contains(f.Result(), "registry.yaml:2:1") || !strings.Contains(f.Result(), "servres") {
		t.Errorf("initialize does not say what is wrong: %s", f)
	}
	o := w.Loom("start")
	if o.Code != 1 || !strings.Contains(o.Stderr, `registry.yaml:2:1: unknown key "servres"`) || !strings.Contains(o.Stderr, `did you mean "servers"`) {
		t.Errorf("loom start ended with %d: %s", o.Code, o.Stderr)
	}
	w.Registry(fake)
	c.MustCall("fake__echo", "{}")
	c.Notification(mcp.ToolsListChanged)
}

// TestForeignSocket: a socket that another user made is not talked to.
func TestForeignSocket(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("giving a file to another user needs root: run as root")
	}
	w := newWorld(t, fake)
	w.MustLoom("start")
	if err := os.Chown(w.Socket, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if o := w.Loom("status"); o.Code != 1 || !strings.Contains(o.Stderr, "belongs to user 65534") {
		t.Errorf("loom status ended with %d: %s", o.Code, o.Stderr)
	}
	c := w.Client(testbed.ClientOptions{})
	if f := c.Initialize(); !strings.Contains(f.Result(), "belongs to user 65534, not to user 0: refusing") {
		t.Errorf("initialize does not say what is wrong: %s", f)
	}
	if err := os.Chown(w.Socket, 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Dir(w.Socket), 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if o := w.Run(testbed.Command{Daemon: true}); o.Code != 1 && o.Code != 3 {
		t.Errorf("loomd in a folder of another user ended with %d: %s", o.Code, o.Stderr)
	}
	if err := os.Chown(filepath.Dir(w.Socket), 0, 0); err != nil {
		t.Fatal(err)
	}
}
