package remote

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/core/mcp"
)

func TestALegacySession(t *testing.T) {
	e := serve(t, &endpoint{session: "s-1"})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) { say(w, result(got.id, got.body)) }
	var keep sync.WaitGroup
	e.listen = func(w http.ResponseWriter, r *http.Request) {
		stream(w, `data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
		keep.Add(1)
		defer keep.Done()
		<-r.Context().Done()
	}
	r := start(t, Options{URL: e.URL + "/mcp?key=x", Headers: http.Header{"authorization": {"Bearer t"}, "user-agent": {"mine"}}})
	r.send(initialize, initialized, toolsCall(2, `{"n":9007199254740993}`))
	r.want(initializeResult)
	got := map[string]bool{r.next(): true, r.next(): true} // the list and the answer are on streams of their own
	if !got[`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`] || !got[result("2", toolsCall(2, `{"n":9007199254740993}`))] {
		t.Errorf("got %v", got)
	}
	r.send(`{"jsonrpc":"2.0","id":"theirs","result":{}}`)
	e.await(t, "the answer to its request", func(q request) bool { return strings.Contains(q.body, "theirs") })
	r.in.Close()
	if err := r.wait(); err != nil {
		t.Errorf("Run: %v", err)
	}
	e.await(t, "DELETE", isVerb(http.MethodDelete))
	keep.Wait() // its stream was closed

	for i, q := range e.requests() {
		if q.Get("Authorization") != "Bearer t" || q.Get("User-Agent") != "mine" || q.Get("Cookie") != "" {
			t.Errorf("request %d has the headers %v", i, q.Header)
		}
		session, version := "s-1", "2025-06-18"
		if q.method == mcp.Initialize {
			session, version = "", ""
		}
		if q.Get("Mcp-Session-Id") != session || q.Get("Mcp-Protocol-Version") != version || q.Get("Mcp-Method") != "" {
			t.Errorf("%s %s has session %q and version %q", q.verb, q.method, q.Get("Mcp-Session-Id"), q.Get("Mcp-Protocol-Version"))
		}
		if q.verb == http.MethodPost && (q.Get("Content-Type") != "application/json" || q.Get("Accept") != "application/json, text/event-stream") {
			t.Errorf("a POST has the headers %v", q.Header)
		}
	}
}

// TestNothingOvertakesTheHandshake: requests that are written early wait until
// the session is open, and until the server was told so.
func TestNothingOvertakesTheHandshake(t *testing.T) {
	gate := make(chan struct{})
	e := &endpoint{session: "s-1"}
	e.hold = func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && len(e.requests()) < 2 {
			<-gate
		}
	}
	serve(t, e)
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) { say(w, result(got.id, "")) }
	r := start(t, Options{URL: e.URL})
	r.send(initialize, initialized, toolsCall(2, "{}"), toolsCall(3, "{}"))
	gate <- struct{}{} // initialize
	r.want(initializeResult)
	gate <- struct{}{} // initialized
	r.next()
	r.next()
	var order []string
	for _, q := range e.requests() {
		if q.verb == http.MethodPost {
			order = append(order, q.method)
		}
	}
	if got := fmt.Sprint(order); got != "[initialize notifications/initialized tools/call tools/call]" {
		t.Errorf("the server got %s", got)
	}
}

// TestASilentDiscoverDoesNotHoldInitialize: that is how a client finds out that
// a server is legacy.
func TestASilentDiscoverDoesNotHoldInitialize(t *testing.T) {
	gone := make(chan struct{})
	e := serve(t, &endpoint{})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
		<-r.Context().Done()
		close(gone)
	}
	r := start(t, Options{URL: e.URL})
	r.send(modernCall(7, mcp.Discover, ""))
	e.await(t, mcp.Discover, isMethod(mcp.Discover))
	r.handshake()
	<-gone // nobody waits for that answer any more
}

// TestALegacySessionStaysOne: a message of a client of the modern era, too, is
// one of the session, and does not name the other era.
func TestALegacySessionStaysOne(t *testing.T) {
	e := serve(t, &endpoint{session: "s-1"})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
		if r.Header.Get("Mcp-Session-Id") != "s-1" || r.Header.Get("Mcp-Protocol-Version") != "2025-06-18" || r.Header.Get("Mcp-Method") != "" {
			t.Errorf("it came with %v", r.Header)
		}
		say(w, result(got.id, got.body))
	}
	r := start(t, Options{URL: e.URL})
	r.handshake()
	const version = `"io.modelcontextprotocol\u002fprotocolVersion":"2026-07-28"`
	for in, want := range map[string]string{
		`{ ` + version + ` }`: `{}`,
		`{"a":1.0, ` + version + `, "progressToken" : [ 1e400]}`: `{"a":1.0,"progressToken":[ 1e400]}`,
		`{ "a" : 1 }`: `{ "a" : 1 }`,
	} {
		r.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"_meta":` + in + `, "name":"x"}}`)
		r.want(result("2", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"_meta":`+want+`, "name":"x"}}`))
	}
}

func TestProgressAndRequestsComeBeforeTheAnswer(t *testing.T) {
	e := serve(t, &endpoint{})
	ask := `{"jsonrpc":"2.0","id":0,"method":"elicitation/create","params":{}}`
	answered := make(chan struct{})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
		stream(w, ": hello", "id: a\ndata:", "data: "+progress(1))
		more(w, "event: message\ndata: "+ask, "event: ping\ndata: {}")
		<-answered
		more(w, "data: "+progress(2), "data: {\"jsonrpc\":\"2.0\",\ndata: \"id\":2,\ndata: \"result\":{\"big\":1e400}}", "data: "+progress(3))
	}
	r := start(t, Options{URL: e.URL})
	r.handshake()
	r.send(toolsCall(2, "{}"))
	r.want(progress(1), ask)
	r.send(`{"jsonrpc":"2.0","id":0,"result":{"action":"accept"}}`)
	e.await(t, "the answer", func(q request) bool { return strings.Contains(q.body, "accept") })
	close(answered)
	r.want(progress(2), `{"jsonrpc":"2.0", "id":2, "result":{"big":1e400}}`, progress(3))
}

func TestManyAreInFlightAtOnce(t *testing.T) {
	e := serve(t, &endpoint{})
	var all sync.WaitGroup
	all.Add(20)
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
		all.Done()
		all.Wait() // each waits for all
		say(w, result(got.id, ""))
	}
	r := start(t, Options{URL: e.URL})
	r.handshake()
	for i := range 20 {
		r.send(toolsCall(i+2, "{}"))
	}
	seen := map[string]bool{}
	for range 20 {
		seen[r.next()] = true
	}
	for i := range 20 {
		if !seen[result(fmt.Sprint(i+2), "")] {
			t.Errorf("no answer to %d", i+2)
		}
	}
}

// TestLegacyCancel: the server is told after it has the request, what it still
// says is passed on, and a stream that it leaves open is closed.
func TestLegacyCancel(t *testing.T) {
	e := serve(t, &endpoint{})
	closed := make(chan struct{})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
		if got.id != "2" {
			say(w, result(got.id, ""))
			return
		}
		stream(w, "data: "+progress(1))
		<-r.Context().Done()
		close(closed)
	}
	limits := quick
	limits.Late = 10 * time.Millisecond
	r := start(t, Options{URL: e.URL, Timeouts: limits})
	r.handshake()
	r.send(toolsCall(2, "{}"))
	r.want(progress(1))
	cancel := `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2,"reason":"x"}}`
	r.send(cancel, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}`)
	if got := e.await(t, mcp.Cancelled, isMethod(mcp.Cancelled)); got.body != cancel {
		t.Errorf("the server was told %s", got.body)
	}
	<-closed
	r.send(toolsCall(3, "{}"))
	r.want(result("3", "")) // and nothing to 2
	if n := e.count(isMethod(mcp.Cancelled)); n != 1 {
		t.Errorf("%d cancels, one of them of nothing", n)
	}
}

// TestResumption: a stream with event ids goes on where it broke, as often as
// need be, and the call is posted once.
func TestResumption(t *testing.T) {
	e := serve(t, &endpoint{session: "s-1"})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
		stream(w, "id: 1\nretry: 2\ndata:", "id: 2\ndata: "+progress(1), "id: 9\ndata: half an event")
		http.NewResponseController(w).Flush()
		cut(w)
	}
	var polls int
	e.listen = func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("Last-Event-ID")
		if id == "" {
			http.Error(w, "", http.StatusMethodNotAllowed)
			return
		}
		polls++
		switch polls {
		case 1:
			http.Error(w, "", http.StatusBadGateway)
		case 8:
			stream(w, "id: done\ndata: "+result("2", id))
		default: // it has nothing to say yet, and says so
			stream(w, fmt.Sprintf("id: poll-%d\ndata:", polls))
		}
	}
	r := start(t, Options{URL: e.URL})
	r.handshake()
	r.send(toolsCall(2, "{}"))
	r.want(progress(1), result("2", "poll-7"))
	if n := e.count(isMethod(mcp.ToolsCall)); n != 1 {
		t.Errorf("the call was posted %d times", n)
	}
	first := e.await(t, "a resumption", func(q request) bool { return q.Get("Last-Event-ID") != "" })
	if first.Get("Last-Event-ID") != "9" && first.Get("Last-Event-ID") != "2" || first.Get("Mcp-Session-Id") != "s-1" {
		t.Errorf("it was asked for with %v", first.Header)
	}
}

func TestAStreamThatBreaks(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter){
		"in the middle of an event": func(w http.ResponseWriter) {
			stream(w, "data: "+progress(1))
			w.Write([]byte("data: " + result("2", "")))
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"at its end": func(w http.ResponseWriter) { stream(w, "data: "+progress(1)) },
		"and is not resumed": func(w http.ResponseWriter) {
			stream(w, "id: 4\ndata: "+progress(1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(t, &endpoint{})
			e.answer = func(w http.ResponseWriter, r *http.Request, got request) { answer(w) }
			r := start(t, Options{URL: e.URL})
			r.handshake()
			r.send(toolsCall(2, "{}"))
			r.want(progress(1))
			f := r.failure("2")
			if f.Data.Code != "server_failed" || f.Data.Retryable || !strings.Contains(f.Message, "may or may not have been carried out") {
				t.Errorf("got %+v", f)
			}
			if n := e.count(isMethod(mcp.ToolsCall)); n != 1 {
				t.Errorf("the call was posted %d times", n)
			}
		})
	}
}

// TestAServerThatResumesInVain: it is asked a few times, no more.
func TestAServerThatResumesInVain(t *testing.T) {
	e := serve(t, &endpoint{})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) { stream(w, "id: 4\ndata:") }
	e.listen = func(w http.ResponseWriter, r *http.Request) { http.Error(w, "", http.StatusBadGateway) }
	r := start(t, Options{URL: e.URL})
	r.send(initialize, toolsCall(2, "{}"))
	r.want(initializeResult)
	r.failure("2")
	if n := e.count(isVerb(http.MethodGet)); n != maxResumes {
		t.Errorf("%d attempts, want %d", n, maxResumes)
	}
}

func TestALostSessionEndsTheRun(t *testing.T) {
	for name, refuse := range map[string]func(w http.ResponseWriter){
		"404": func(w http.ResponseWriter) { http.Error(w, "Session terminated", http.StatusNotFound) },
		"404 as an error without id": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}`)
		},
		"400 as SDKs say it": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(t, &endpoint{session: "s-1"})
			slow := make(chan struct{})
			e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
				if got.id == "2" {
					close(slow)
					<-r.Context().Done()
					return
				}
				refuse(w)
			}
			r := start(t, Options{URL: e.URL})
			r.handshake()
			r.send(toolsCall(2, "{}"))
			<-slow
			r.send(toolsCall(3, "{}"))
			if err := r.wait(); !isGone(err) || !strings.Contains(strings.ToLower(err.Error()), "session") {
				t.Errorf("Run: %v", err)
			}
			r.silent() // whoever sent 2 and 3 answers them
			if e.count(isVerb(http.MethodDelete)) != 0 {
				t.Error("a session that is gone was ended")
			}
		})
	}
}

// TestNotEvery404IsALostSession: a method that the server does not have, and a
// server without sessions.
func TestNotEvery404IsALostSession(t *testing.T) {
	e := serve(t, &endpoint{session: "s-1"})
	unknown := `{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"Method not found","data":{"n":1.0}}}`
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, unknown)
	}
	r := start(t, Options{URL: e.URL})
	r.handshake()
	r.send(toolsCall(2, "{}"))
	r.want(unknown)

	e = serve(t, &endpoint{})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) { http.Error(w, "gone", http.StatusNotFound) }
	r = start(t, Options{URL: e.URL})
	r.handshake()
	r.send(toolsCall(2, "{}"))
	if f := r.failure("2"); !strings.Contains(f.Data.Hint, "url") {
		t.Errorf("got %+v", f)
	}
}

// TestTheServersOwnStreamIsKept: it is asked for again where it broke, with
// patience where there is an error, and once only where there is none.
func TestTheServersOwnStreamIsKept(t *testing.T) {
	e := serve(t, &endpoint{session: "s-1"})
	note := func(n int) string { return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/n","params":%d}`, n) }
	var visits int
	e.listen = func(w http.ResponseWriter, r *http.Request) {
		visits++
		last := r.Header.Get("Last-Event-ID")
		switch visits {
		case 1:
			stream(w, "id: 1\ndata: "+note(1), "data: no JSON")
		case 2:
			http.Error(w, "", http.StatusServiceUnavailable)
		case 3:
			if last != "1" {
				t.Errorf("asked for with %q", last)
			}
			http.Error(w, "no such event", http.StatusBadRequest) // it was started again
		case 4:
			if last != "" {
				t.Errorf("asked for with %q", last)
			}
			stream(w, "data: "+note(2))
		default:
			http.Error(w, "no such session", http.StatusNotFound)
		}
	}
	r := start(t, Options{URL: e.URL})
	r.handshake()
	r.want(note(1), note(2))
	if err := r.wait(); !isGone(err) {
		t.Errorf("Run: %v", err)
	}
}

func TestAServerWithoutAStreamOfItsOwn(t *testing.T) {
	for _, status := range []int{http.StatusMethodNotAllowed, http.StatusNotFound} { // many routers say the latter
		e := serve(t, &endpoint{session: "s-1"})
		e.listen = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }
		e.answer = func(w http.ResponseWriter, r *http.Request, got request) { say(w, result(got.id, "")) }
		r := start(t, Options{URL: e.URL})
		r.handshake()
		e.await(t, "GET", isVerb(http.MethodGet))
		for i := range 5 {
			r.send(toolsCall(i+2, "{}"))
			r.want(result(fmt.Sprint(i+2), ""))
		}
		if n := e.count(isVerb(http.MethodGet)); n != 1 {
			t.Errorf("%d: asked for %d times", status, n)
		}
	}
}

func TestTheEnd(t *testing.T) {
	for name, end := range map[string]func(*rig){
		"of in":  func(r *rig) { r.in.Close() },
		"of ctx": func(r *rig) { r.cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(t, &endpoint{session: "s-1"})
			e.answer = func(w http.ResponseWriter, r *http.Request, got request) { <-r.Context().Done() }
			r := start(t, Options{URL: e.URL})
			r.handshake()
			r.send(toolsCall(2, "{}"))
			e.await(t, "the call", isMethod(mcp.ToolsCall))
			end(r)
			if err := r.wait(); (err == nil) != (name == "of in") {
				t.Errorf("Run: %v", err)
			}
			r.silent()
			e.await(t, "DELETE", isVerb(http.MethodDelete))
			if _, err := r.in.Write([]byte("x")); err == nil {
				t.Error("in is still read")
			}
		})
	}
}

// TestTheEndIsBounded: a server that does not let go of its session.
func TestTheEndIsBounded(t *testing.T) {
	e := serve(t, &endpoint{session: "s-1", hold: func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			<-r.Context().Done()
		}
	}})
	limits := quick
	limits.Close = 20 * time.Millisecond
	r := start(t, Options{URL: e.URL, Timeouts: limits})
	r.handshake()
	r.in.Close()
	if err := r.wait(); err != nil {
		t.Errorf("Run: %v", err)
	}
}
