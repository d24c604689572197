package child

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/core/fakeserver"
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/ring"
)

// The test binary is the server: no fixtures to build.
func TestMain(m *testing.M) {
	if os.Getenv("FAKE_SERVER") == "1" {
		os.Exit(fakeserver.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func spec(t *testing.T, args ...string) Spec {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Spec{Server: "fake", Path: exe, Args: args, Env: []string{"FAKE_SERVER=1", "PATH=" + os.Getenv("PATH")}, Dir: t.TempDir(), Stderr: ring.New(100, nil), Version: "test"}
}

func run(t *testing.T, s Spec) *Process {
	t.Helper()
	spawner := NewSpawner()
	t.Cleanup(spawner.Close)
	p, err := Start(t.Context(), spawner, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

func call(t *testing.T, p *Process, params string) Answer {
	t.Helper()
	answer := make(chan Answer, 1)
	if !p.Send(nil, &Request{Method: "tools/call", Params: []byte(params), Done: func(a Answer) { answer <- a }}) {
		t.Fatal("the process has ended")
	}
	return <-answer
}

func TestErasAreFound(t *testing.T) {
	for _, tc := range []struct {
		args string
		want Era
	}{
		{"-era=legacy", Legacy}, {"-era=modern", Modern}, {"-era=silent", Legacy}, {"-era=exit", Legacy},
	} {
		t.Run(tc.args, func(t *testing.T) {
			s := spec(t, tc.args)
			s.Timeouts.Discover = 200 * time.Millisecond
			p := run(t, s)
			if p.Era() != tc.want {
				t.Errorf("era %q, want %q", p.Era(), tc.want)
			}
			if a := call(t, p, `{"name":"echo","arguments":{"a":1}}`); a.Err != nil || !a.Message.Result.Present() {
				t.Errorf("call: %v %s", a.Err, a.Frame)
			}
		})
	}
}

func TestToolsAreReadFromAllPages(t *testing.T) {
	p := run(t, spec(t, "-era=modern", "-pages=5"))
	tools, err := p.List(t.Context(), mcp.ToolList)
	if err != nil {
		t.Fatal(err)
	}
	if len(tools) != len(fakeserver.Tools) {
		t.Fatalf("%d tools, want %d", len(tools), len(fakeserver.Tools))
	}
	for i, name := range fakeserver.Tools {
		if tools[i].Name != name || string(tools[i].Raw) != fakeserver.Definition(name) {
			t.Errorf("tool %d: %s", i, tools[i].Raw)
		}
	}
}

func TestOnlyTheSpansChange(t *testing.T) {
	r := &Request{Method: "tools/call", Name: "echo", Params: []byte(`{ "name" : "fake__echo","x":[9007199254740993,"<>&"], "_meta":{"progressToken":12,"v":1e400},"arguments":{"name":"n","_meta":{}} }`), Progress: func([]byte) {}, id: 7}
	got := string(r.frame(nil, Legacy, nil))
	want := `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{ "name" : "echo","x":[9007199254740993,"<>&"], "_meta":{"progressToken":"loom-7","v":1e400},"arguments":{"name":"n","_meta":{}} }}`
	if got != want {
		t.Errorf("legacy:\n got %s\nwant %s", got, want)
	}
	if string(r.token) != "12" {
		t.Errorf("token %s", r.token)
	}
	for _, tc := range []struct{ params, want string }{
		{``, `"params":{"_meta":{"k":1}}}`},
		{`{}`, `"params":{"_meta":{"k":1}}}`},
		{`{"a":1}`, `"params":{"_meta":{"k":1},"a":1}}`},
		{`{"_meta":{}}`, `"params":{"_meta":{"k":1}}}`},
		{`{"a":1,"_meta": { "b":2}}`, `"params":{"a":1,"_meta": {"k":1, "b":2}}}`},
	} {
		r := &Request{Method: "m", id: 1}
		if tc.params != "" {
			r.Params = []byte(tc.params)
		}
		frame := r.frame(nil, Modern, []byte(`"k":1`))
		if got := string(frame[strings.Index(string(frame), `"params"`):]); got != tc.want {
			t.Errorf("modern %s:\n got %s\nwant %s", tc.params, got, tc.want)
		}
		if _, err := jsonrpc.Scan(frame); err != nil {
			t.Errorf("modern %s: %v", tc.params, err)
		}
	}
}

func TestProgressComesFirstWithTheClientsToken(t *testing.T) {
	p := run(t, spec(t))
	var seen []string
	done := make(chan Answer, 1)
	p.Send(nil, &Request{Method: "tools/call", Params: []byte(`{"name":"sleep","arguments":{"ms":10,"n":5},"_meta":{"progressToken":9007199254740993}}`),
		Progress: func(f []byte) { seen = append(seen, string(f)) }, Done: func(a Answer) { done <- a }})
	<-done
	if len(seen) != 5 || !strings.Contains(seen[4], `"progressToken":9007199254740993,"progress":5`) {
		t.Errorf("progress: %q", seen)
	}
}

func TestCrashAnswersEverythingAtOnce(t *testing.T) {
	p := run(t, spec(t))
	answers := make(chan Answer, 2)
	done := func(a Answer) { answers <- a }
	p.Send(nil, &Request{Method: "tools/call", Params: []byte(`{"name":"hang"}`), Done: done})
	p.Send(nil, &Request{Method: "tools/call", Params: []byte(`{"name":"crash"}`), Done: done})
	for range 2 {
		var exit *ExitError
		if a := <-answers; !errors.As(a.Err, &exit) || exit.Cause != "exit status 7" || exit.Stage != "call" || !strings.Contains(strings.Join(exit.Stderr, "|"), "about to crash|last words") {
			t.Errorf("got %v", a.Err)
		}
	}
	<-p.Done()
	if p.Send(nil, &Request{Method: "ping", Done: done}) {
		t.Error("sent to a dead process")
	}
}

func TestAnAnswerBeforeTheExitCounts(t *testing.T) {
	p := run(t, spec(t))
	if a := call(t, p, `{"name":"half"}`); a.Err == nil {
		t.Errorf("half a frame passed for an answer: %s", a.Frame)
	}
}

func TestTimeoutCancelsAndKeepsTheProcess(t *testing.T) {
	p := run(t, spec(t))
	done := make(chan Answer, 1)
	p.Send(nil, &Request{Method: "tools/call", Params: []byte(`{"name":"sleep","arguments":{"ms":60000}}`), Timeout: 50 * time.Millisecond, Done: func(a Answer) { done <- a }})
	var timeout *TimeoutError
	if a := <-done; !errors.As(a.Err, &timeout) {
		t.Fatalf("got %v", a.Err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	p.spec.Stderr.Wait(ctx, 0)
	if tail := p.spec.Stderr.Tail(p.from, 1); len(tail) != 1 || !strings.HasPrefix(tail[0], "cancelled") {
		t.Errorf("the server was not told: %q", tail)
	}
	if a := call(t, p, `{"name":"pid"}`); a.Err != nil {
		t.Errorf("the next call: %v", a.Err)
	}
}

func TestProgressPutsTheTimeoutOff(t *testing.T) {
	p := run(t, spec(t))
	done := make(chan Answer, 1)
	p.Send(nil, &Request{Method: "tools/call", Params: []byte(`{"name":"sleep","arguments":{"ms":3000,"n":30},"_meta":{"progressToken":1}}`), Timeout: 2 * time.Second,
		Progress: func([]byte) {}, Done: func(a Answer) { done <- a }})
	if a := <-done; a.Err != nil {
		t.Errorf("got %v", a.Err)
	}
}

func TestNoiseAndTooLargeFramesCostNothingElse(t *testing.T) {
	s := spec(t, "-greeting=Server starting on stdio")
	s.MaxFrame = 64 << 10
	p := run(t, s)
	if a := call(t, p, `{"name":"noise"}`); a.Err != nil {
		t.Errorf("noise: %v", a.Err)
	}
	var large *jsonrpc.TooLargeError
	if a := call(t, p, `{"name":"big","arguments":{"bytes":200000}}`); !errors.As(a.Err, &large) {
		t.Errorf("big: %v", a.Err)
	}
	if a := call(t, p, `{"name":"pid"}`); a.Err != nil {
		t.Errorf("after it: %v", a.Err)
	}
	if noise, stray := p.Noise(); noise != 3 || stray != 0 {
		t.Errorf("noise %d, stray %d", noise, stray)
	}
}

func TestTheServersErrorIsItsOwn(t *testing.T) {
	p := run(t, spec(t))
	a := call(t, p, `{"name":"error"}`)
	if got := string(a.Message.Error.Of(a.Frame)); got != `{"code":-4711,"message":"the server's own <error>","data":{"big":9007199254740993}}` {
		t.Errorf("got %s", got)
	}
}

func TestStopEndsAStubbornGroup(t *testing.T) {
	s := spec(t, "-stubborn")
	s.Timeouts.Close, s.Timeouts.Term = 50*time.Millisecond, 50*time.Millisecond
	p := run(t, s)
	p.Stop()
	if err := syscall.Kill(-p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the group is still there: %v", err)
	}
}

func TestAGrandchildDoesNotHoldTheEnd(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks for the grandchild in /proc: run on Linux")
	}
	s := spec(t)
	s.Args = []string{"-c", "sleep 600 & echo grandchild $! >&2; exec " + strconv.Quote(s.Path)}
	s.Path = "/bin/sh"
	p := run(t, s)
	if a := call(t, p, `{"name":"crash"}`); a.Err == nil {
		t.Fatal("no error")
	}
	<-p.Done()
	for _, l := range p.spec.Stderr.Tail(p.from, 10) {
		if pid, ok := strings.CutPrefix(l, "grandchild "); ok {
			n, _ := strconv.Atoi(pid)
			for deadline := time.After(5 * time.Second); ; { // a killed process takes a moment to die
				if state := procState(n); state == "" || state == "Z" {
					return
				}
				select {
				case <-deadline:
					t.Fatalf("grandchild %d lives on in state %s", n, procState(n))
				case <-time.After(time.Millisecond):
				}
			}
		}
	}
	t.Error("the grandchild was not seen")
}

// procState is the state letter of a process, empty when it is gone.
func procState(pid int) string {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	return fields[0]
}

func TestStartFailuresSayWhy(t *testing.T) {
	spawner := NewSpawner()
	defer spawner.Close()
	s := spec(t, "-fail=no token given")
	_, err := Start(t.Context(), spawner, s)
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "no token given") {
		t.Errorf("a server that ends: %v", err)
	}
	s = spec(t, "-start-wait=10s")
	s.Timeouts.Discover, s.Timeouts.Handshake, s.Timeouts.Close, s.Timeouts.Term = 10*time.Millisecond, 50*time.Millisecond, 10*time.Millisecond, 10*time.Millisecond
	_, err = Start(t.Context(), spawner, s)
	if err == nil || !strings.Contains(err.Error(), "no answer to initialize within 50ms") {
		t.Errorf("a server that is silent: %v", err)
	}
	s.Path = "/nonexistent/server"
	if _, err = Start(t.Context(), spawner, s); err == nil || !strings.Contains(err.Error(), "starting server fake") {
		t.Errorf("no binary: %v", err)
	}
}

// TestLargeRequestOfTheServer: a request of the server that is over the cap may
// have the id of a call in flight, since each side counts its own. The call
// goes on, and the server is told.
func TestLargeRequestOfTheServer(t *testing.T) {
	p := run(t, spec(t))
	answer := make(chan Answer, 1)
	r := &Request{Method: "tools/call", Params: []byte(`{"name":"sleep","arguments":{"ms":50}}`), Done: func(a Answer) { answer <- a }}
	p.Send(nil, r)
	p.tooLarge(&jsonrpc.TooLargeError{Size: 9, Max: 8, ID: jsonrpc.ID(r.id), Method: "sampling/createMessage"})
	select {
	case a := <-answer:
		if a.Err != nil || !a.Message.Result.Present() {
			t.Errorf("the call gave %v %s", a.Err, a.Frame)
		}
	case <-time.After(10 * time.Second):
		t.Error("the call is lost")
	}
}

// TestClosedStdout: a server that closes its stdout and lives on is ended, and
// its calls are answered at once.
func TestClosedStdout(t *testing.T) {
	s := spec(t)
	s.Era, s.Path, s.Args = Legacy, "/bin/sh", []string{"-c", `read l; echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{}}}'; read l; read l; exec >&-; sleep 100`}
	s.Timeouts.Close = 50 * time.Millisecond
	p := run(t, s)
	answer := make(chan Answer, 1)
	p.Send(nil, &Request{Method: "ping", Done: func(a Answer) { answer <- a }})
	select {
	case a := <-answer:
		if a.Err == nil || !strings.Contains(a.Err.Error(), "closed its stdout") {
			t.Errorf("the call gave %v", a.Err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the call is not answered")
	}
}

// TestLinger: progress of a call that was answered with a task goes on until the
// task is over, and then nothing of the call is kept.
func TestLinger(t *testing.T) {
	p := run(t, spec(t, "-surface"))
	var end func()
	told := make(chan string, 10)
	answered := make(chan Answer, 1)
	r := &Request{
		Method: "tools/call", Params: []byte(`{"name":"job","arguments":{"ms":200,"n":4},"task":{},"_meta":{"progressToken":"tok"}}`),
		Progress: func(frame []byte) { told <- string(frame) },
	}
	r.Done = func(a Answer) {
		end = p.Linger(r, time.Hour)
		answered <- a
	}
	if !p.Send(nil, r) {
		t.Fatal("the process has ended")
	}
	if a := <-answered; !strings.Contains(string(a.Frame), `"task"`) {
		t.Fatalf("the call was answered %s", a.Frame)
	}
	if frame := <-told; !strings.Contains(frame, `"progressToken":"tok"`) {
		t.Errorf("progress came as %s", frame)
	}
	p.mu.Lock()
	kept := p.tasks[r.id]
	p.mu.Unlock()
	if kept == nil || kept.Params != nil || kept.Done != nil {
		t.Errorf("what is kept of the call is %+v", kept)
	}
	end()
	end()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tasks) > 0 {
		t.Errorf("%d calls are kept after the end of their tasks", len(p.tasks))
	}
}
