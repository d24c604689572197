package testbed_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/testbed"
)

// TestServerKilled: kill -9 of a server answers every call in flight at once,
// and says which server it was, how it ended and what it wrote last.
func TestServerKilled(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	pid := number(t, c.MustCall("fake__pid", "{}"))
	c.Cancel(c.Begin("fake__sleep", `{"ms":60000}`)) // makes it write to stderr
	testbed.Eventually(t, "the server writes", func() bool { return strings.Contains(w.Stderr("fake"), "cancelled") })
	ids := []string{c.Begin("fake__hang", `{"who":"first"}`), c.Begin("fake__hang", `{"who":"second"}`), c.Begin("fake__sleep", `{"ms":60000,"who":"third"}`)}
	inFlight(t, w, len(ids))

	killed := time.Now()
	w.Kill(pid)
	for _, id := range ids {
		f := c.Answer(id)
		failed(t, f, loomrpc.CodeServerFailed, "server_failed", "server fake ended during call", "killed by signal 9", "cancelled", "loom logs fake")
		if e := f.Err(); e.Data.Server != "fake" || !e.Data.Retryable || !slices.ContainsFunc(e.Data.StderrTail, func(l string) bool { return strings.HasPrefix(l, "cancelled") }) {
			t.Errorf("the data of the error are %+v", e.Data)
		}
		t.Logf("answered %s after kill -9", f.At.Sub(killed).Round(10*time.Microsecond))
	}
	if next := number(t, c.MustCall("fake__pid", "{}")); next == pid {
		t.Errorf("the next call was answered by %d, which was killed", pid)
	}
	once(t, w, "first", "second", "third")
}

// TestServerCrashes: an exit by itself is reported with its status, be it in
// the middle of a frame, and the next call works.
func TestServerCrashes(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	failed(t, c.Call("fake__crash", `{"n":42}`), loomrpc.CodeServerFailed, "server_failed", "server fake ended during call: exit status 42", "about to crash", "last words")
	failed(t, c.Call("fake__half", "{}"), loomrpc.CodeServerFailed, "server_failed", "exit status 9")
	c.MustCall("fake__echo", "{}")
}

// TestServerNoise: what a server prints to stdout beside its messages costs
// nothing and is found in its log.
func TestServerNoise(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	if got := c.MustCall("fake__noise", "{}"); got != "after the noise" {
		t.Errorf("the call gave %q", got)
	}
	if log := w.MustLoom("logs", "fake"); !strings.Contains(log, "this is a log line on stdout") || !strings.Contains(log, "so is this") {
		t.Errorf("loom logs fake:\n%s", log)
	}
}

// TestServerDoesNotStart: a server that ends at once is an error of the call
// with its last words, and the tools of the others are there.
func TestServerDoesNotStart(t *testing.T) {
	w := newWorld(t, fake+`
  broken: {command: @fake, args: [--fail, no licence found]}
  missing: {command: /nowhere/mcp-missing}
`)
	c := w.Connect(testbed.ClientOptions{})
	failed(t, c.Call("broken__anything", "{}"), loomrpc.CodeServerFailed, "server_failed", "broken", "exit status 3", "no licence found")
	failed(t, c.Call("missing__anything", "{}"), loomrpc.CodeServerFailed, "server_failed", "missing", "/nowhere/mcp-missing")
	c.MustCall("fake__echo", "{}")
	if status := c.MustCall("loom__status", "{}"); !strings.Contains(status, "no licence found") {
		t.Errorf("loom__status does not say why: %s", status)
	}
}

// TestLargeAnswer: a megabyte is no trouble; an answer over the cap fails that
// call alone.
func TestLargeAnswer(t *testing.T) {
	w := newWorld(t, uncapped)
	c := w.Connect(testbed.ClientOptions{})
	if got := c.MustCall("fake__big", `{"bytes":8000000}`); len(got) != 8000000 {
		t.Errorf("8 MB came as %d bytes", len(got))
	}
	slow := c.Begin("fake__sleep", `{"ms":300}`)
	failed(t, c.Call("fake__big", `{"bytes":70000000}`), loomrpc.CodeTooLarge, "too_large", "fake", "over the limit")
	if got := c.Answer(slow).Text(); got != "slept" {
		t.Errorf("the call beside it gave %q", got)
	}
}

// failed checks one of Loom's own errors.
func failed(t *testing.T, f testbed.Frame, code int, word string, texts ...string) {
	t.Helper()
	e := f.Err()
	if e == nil {
		t.Errorf("no error came but %s", f)
		return
	}
	if e.Code != code || e.Data.Code != word {
		t.Errorf("the error is %d %s, want %d %s: %s", e.Code, e.Data.Code, code, word, f)
	}
	for _, text := range texts {
		if !strings.Contains(e.Message, text) {
			t.Errorf("the error does not say %q:\n%s", text, e.Message)
		}
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
