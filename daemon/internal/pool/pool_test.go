package pool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/core/fakeserver"
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/registry"
)

func TestMain(m *testing.M) {
	if os.Getenv("FAKE_SERVER") == "1" {
		os.Exit(fakeserver.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// counter is an Observer.
type counter struct {
	mu            sync.Mutex
	starts, fails int
	exited        chan string
}

func (c *counter) ChildStarted(_ string, _ time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.fails++
		return
	}
	c.starts++
}

func (c *counter) ChildExited(_, cause string) { c.exited <- cause }

func (c *counter) started() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.starts
}

func newPool(t testing.TB) (*Pool, *counter) {
	t.Helper()
	cat, err := catalog.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{exited: make(chan string, 100)}
	p := New(Options{
		Catalog: cat, Lookup: secret.NewLookup(os.LookupEnv, secret.Memory{"token": secret.NewValue("s3cr3t-value")}),
		Environ: []string{"FAKE_SERVER=1", "PATH=" + os.Getenv("PATH")}, Home: t.TempDir(), Version: "test", Instance: "i", Log: slog.New(slog.DiscardHandler), Observer: c, Changed: func() {},
	})
	t.Cleanup(func() { p.Close() })
	return p, c
}

func fake(t testing.TB, change func(*registry.Server)) registry.Server {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := registry.Server{Name: "fake", Command: exe, Share: registry.ShareGlobal, Concurrency: 4, Timeout: time.Minute, IdleTimeout: time.Minute, Drain: time.Minute, Enabled: true}
	if change != nil {
		change(&s)
	}
	return s
}

type result struct {
	text string
	err  error
}

// send starts a call and returns where its answer comes.
func send(i *Instance, tool, args string) (*Call, chan result) {
	out := make(chan result, 1)
	r := &Call{Request: child.Request{Method: "tools/call", Params: []byte(`{"name":"` + tool + `","arguments":` + args + `}`), Done: func(a child.Answer) {
		if a.Err != nil {
			out <- result{err: a.Err}
			return
		}
		span, _ := jsonrpc.Find(a.Frame, a.Message.Result, "content")
		var content []struct{ Text string }
		json.Unmarshal(span.Of(a.Frame), &content)
		if len(content) == 0 {
			out <- result{err: fmt.Errorf("no content: %s", a.Frame)}
			return
		}
		out <- result{text: content[0].Text}
	}}}
	i.Send(nil, r)
	return r, out
}

func text(t *testing.T, i *Instance, tool, args string) string {
	t.Helper()
	_, out := send(i, tool, args)
	r := <-out
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.text
}

func TestOneStartForManyCalls(t *testing.T) {
	p, c := newPool(t)
	s := fake(t, nil)
	var all []chan result
	for range 20 {
		_, out := send(p.Instance(s, Sharing{}), "pid", "{}")
		all = append(all, out)
	}
	pids := map[string]bool{}
	for _, out := range all {
		r := <-out
		if r.err != nil {
			t.Fatal(r.err)
		}
		pids[r.text] = true
	}
	if len(pids) != 1 || c.started() != 1 {
		t.Errorf("%d processes, %d starts", len(pids), c.started())
	}
}

func TestConcurrencyIsKept(t *testing.T) {
	p, _ := newPool(t)
	s := fake(t, func(s *registry.Server) { s.Concurrency = 2 })
	i := p.Instance(s, Sharing{})
	text(t, i, "pid", "{}")
	_, a := send(i, "hang", "{}")
	r, _ := send(i, "hang", "{}")
	_, third := send(i, "pid", "{}")
	if st := i.State(); st.InFlight != 2 || st.Queued != 1 {
		t.Errorf("in flight %d, queued %d", st.InFlight, st.Queued)
	}
	if !i.Cancel(r, "test") {
		t.Error("nothing to cancel")
	}
	if res := <-third; res.err != nil {
		t.Error(res.err)
	}
	select {
	case res := <-a:
		t.Errorf("the other call was answered: %v", res)
	default:
	}
}

func TestASerialServerKeepsItsSlotUntilTheLateAnswer(t *testing.T) {
	p, _ := newPool(t)
	s := fake(t, func(s *registry.Server) { s.Concurrency, s.Args = 1, []string{"-serial"} })
	i := p.Instance(s, Sharing{})
	text(t, i, "pid", "{}")
	r, _ := send(i, "sleep", `{"ms":300}`)
	_, next := send(i, "pid", "{}")
	i.Cancel(r, "test")
	if st := i.State(); st.InFlight != 1 || st.Queued != 1 {
		t.Errorf("in flight %d, queued %d: the server is still busy", st.InFlight, st.Queued)
	}
	if res := <-next; res.err != nil {
		t.Error(res.err)
	}
}

func TestCancelWhileQueued(t *testing.T) {
	p, _ := newPool(t)
	s := fake(t, func(s *registry.Server) { s.Args = []string{"-start-wait=200ms"} })
	i := p.Instance(s, Sharing{})
	r, out := send(i, "pid", "{}")
	if !i.Cancel(r, "test") {
		t.Error("nothing to cancel")
	}
	text(t, i, "pid", "{}")
	select {
	case res := <-out:
		t.Errorf("answered after its cancel: %v", res)
	default:
	}
}

func TestWaitingCallsGoToTheNextProcess(t *testing.T) {
	p, c := newPool(t)
	s := fake(t, func(s *registry.Server) { s.Concurrency = 1 })
	i := p.Instance(s, Sharing{})
	first := text(t, i, "pid", "{}")
	_, crash := send(i, "crash", "{}")
	_, waiting := send(i, "pid", "{}")
	var exit *child.ExitError
	if res := <-crash; !errors.As(res.err, &exit) {
		t.Errorf("crash: %v", res.err)
	}
	res := <-waiting
	if res.err != nil || res.text == first {
		t.Errorf("the call that was never sent: %v", res)
	}
	if c.started() != 2 {
		t.Errorf("%d starts", c.started())
	}
}

func TestIdleStop(t *testing.T) {
	p, c := newPool(t)
	s := fake(t, func(s *registry.Server) { s.IdleTimeout = 50 * time.Millisecond })
	i := p.Instance(s, Sharing{})
	first := text(t, i, "pid", "{}")
	if cause := <-c.exited; !strings.Contains(cause, "stopped") {
		t.Errorf("ended: %s", cause)
	}
	if second := text(t, i, "pid", "{}"); second == first {
		t.Error("the process was not stopped")
	}
}

// A server whose binary changed while it runs counts as unlearnt for every
// session that comes, and is learnt anew only when it has stopped.
func TestLearningKeepsNoServerAlive(t *testing.T) {
	p, c := newPool(t)
	s := fake(t, func(s *registry.Server) { s.IdleTimeout = 500 * time.Millisecond })
	i := p.Instance(s, Sharing{})
	text(t, i, "pid", "{}")
	if err := i.Learn(t.Context()); err != nil { // from here on it has been read
		t.Fatal(err)
	}
	for armed := false; !armed; runtime.Gosched() { // until it waits to be idle long enough
		i.mu.Lock()
		armed = !i.resting.IsZero()
		i.mu.Unlock()
	}
	if err := i.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case cause := <-c.exited:
		if !strings.Contains(cause, "stopped") {
			t.Errorf("ended: %s", cause)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the server was never stopped")
	}
	if err := i.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-c.exited // started to be learnt, and idle since
}

func TestACallInFlightIsNotIdle(t *testing.T) {
	p, _ := newPool(t)
	s := fake(t, func(s *registry.Server) { s.IdleTimeout = 50 * time.Millisecond })
	if got := text(t, p.Instance(s, Sharing{}), "sleep", `{"ms":400}`); got != "slept" {
		t.Errorf("got %q", got)
	}
}

func TestAChangedEntryDrains(t *testing.T) {
	p, c := newPool(t)
	s := fake(t, nil)
	old := p.Instance(s, Sharing{})
	first := text(t, old, "pid", "{}")
	_, slow := send(old, "sleep", `{"ms":400}`)
	changed := fake(t, func(s *registry.Server) { s.Env = []registry.EnvVar{{Name: "NEW", Value: "1"}} })
	p.Keep(&registry.Registry{Servers: []registry.Server{changed}})
	if second := text(t, p.Instance(changed, Sharing{}), "pid", "{}"); second == first {
		t.Error("a new call went to the old process")
	}
	if res := <-slow; res.err != nil || res.text != "slept" {
		t.Errorf("the call in flight: %v", res)
	}
	if cause := <-c.exited; !strings.Contains(cause, "stopped") {
		t.Errorf("ended: %s", cause)
	}
}

func TestDrainHasALimit(t *testing.T) {
	p, _ := newPool(t)
	s := fake(t, func(s *registry.Server) { s.Drain = 50 * time.Millisecond })
	i := p.Instance(s, Sharing{})
	text(t, i, "pid", "{}")
	_, slow := send(i, "sleep", `{"ms":60000}`)
	p.Keep(&registry.Registry{})
	if res := <-slow; res.err == nil {
		t.Error("answered")
	}
	_, late := send(i, "pid", "{}")
	if res := <-late; !errors.Is(res.err, ErrRetired) {
		var exit *child.ExitError
		if !errors.As(res.err, &exit) {
			t.Errorf("a call after the end: %v", res.err)
		}
	}
}

func TestSharingKeysHaveProcessesOfTheirOwn(t *testing.T) {
	p, c := newPool(t)
	s := fake(t, nil)
	dir := t.TempDir()
	a := p.Instance(s, Sharing{Key: "a", Dir: dir})
	if got := text(t, a, "cwd", "{}"); got != dir {
		t.Errorf("cwd %s, want %s", got, dir)
	}
	if text(t, a, "pid", "{}") == text(t, p.Instance(s, Sharing{Key: "b"}), "pid", "{}") {
		t.Error("one process for two keys")
	}
	p.Release("a")
	<-c.exited
	if n := len(p.Instances("fake")); n != 1 {
		t.Errorf("%d instances left", n)
	}
}

func TestEnvironmentIsBuilt(t *testing.T) {
	t.Setenv("CLIENTS_OWN", "x")
	t.Setenv("FROM_ENV", "value")
	p, _ := newPool(t)
	s := fake(t, func(s *registry.Server) {
		s.Env = []registry.EnvVar{{Name: "A", Value: "a-${env:FROM_ENV}"}, {Name: "B", Value: "${secret:token}"}, {Name: "C", Value: "${secret:none?}"}}
	})
	i := p.Instance(s, Sharing{})
	for name, want := range map[string]string{"A": "a-value true", "B": "s3cr3t-value true", "C": " false", "CLIENTS_OWN": " false", "LOOM_INSTANCE": "i true"} {
		if got := text(t, i, "env", `{"name":"`+name+`"}`); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestFailuresSayWhatMendsThem(t *testing.T) {
	p, c := newPool(t)
	for _, tc := range []struct {
		change func(*registry.Server)
		want   string
	}{
		{func(s *registry.Server) { s.Command = "no-such-command" }, `command "no-such-command" not found beside loomd`},
		{func(s *registry.Server) { s.Args = []string{"-fail=no licence"} }, "no licence"},
		{func(s *registry.Server) { s.Env = []registry.EnvVar{{Name: "T", Value: "${secret:gone}"}} }, "gone"},
	} {
		_, out := send(p.Instance(fake(t, tc.change), Sharing{}), "pid", "{}")
		res := <-out
		if res.err == nil || !strings.Contains(res.err.Error(), tc.want) {
			t.Errorf("got %v, want %q", res.err, tc.want)
		}
		if p.LastError("fake") == nil {
			t.Error("the failure is not kept for the status")
		}
	}
	text(t, p.Instance(fake(t, nil), Sharing{}), "pid", "{}")
	if err := p.LastError("fake"); err != nil {
		t.Errorf("after a good start: %v", err)
	}
	if c.fails != 3 {
		t.Errorf("%d failures counted", c.fails)
	}
}

func TestLearning(t *testing.T) {
	p, c := newPool(t)
	s := fake(t, nil)
	if n := len(p.Unlearnt([]registry.Server{s})); n != 1 {
		t.Fatalf("%d unlearnt", n)
	}
	if failed := p.LearnNow(t.Context(), []registry.Server{s}); len(failed) > 0 {
		t.Fatal(failed)
	}
	<-c.exited // it served nobody
	if n := len(p.Unlearnt([]registry.Server{s})); n != 0 {
		t.Errorf("%d unlearnt", n)
	}
	if e, ok := p.opts.Catalog.Get("fake"); !ok || len(e.Tools) != len(fakeserver.Tools) || e.Era != "legacy" {
		t.Errorf("learnt %+v", e)
	}
	i := p.Instance(s, Sharing{})
	text(t, i, "grow", "{}")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for { // the change is announced by the server and read in the background
		if e, _ := p.opts.Catalog.Get("fake"); len(e.Tools) == len(fakeserver.Tools)+1 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal("list_changed of the server was not followed")
		case <-time.After(time.Millisecond):
		}
	}
}

// TestIdleAfterGhost: a call that was given up counts for a while; when that is
// over, the process is as idle as before, and is stopped.
func TestIdleAfterGhost(t *testing.T) {
	p, c := newPool(t)
	i := p.Instance(fake(t, func(s *registry.Server) { s.IdleTimeout = 300 * time.Millisecond }), Sharing{})
	text(t, i, "echo", "{}")
	i.mu.Lock()
	gone := i.ghostLocked(nil)
	i.mu.Unlock()
	gone()
	select {
	case <-c.exited:
	case <-time.After(10 * time.Second):
		t.Error("the process is never stopped")
	}
}
