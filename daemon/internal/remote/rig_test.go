package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// patience is for what must come; it is never waited out when all is well.
const patience = 20 * time.Second

// rig is a Run with both pipes in the test's hands.
type rig struct {
	t      *testing.T
	in     *io.PipeWriter
	lines  chan string
	ended  chan struct{}
	err    error // set before ended is closed
	cancel context.CancelFunc

	mu   sync.Mutex
	logs []string
}

// quick are waits of tests. What is not set stays far away.
var quick = Timeouts{Retry: time.Millisecond, RetryMax: 4 * time.Millisecond, Linger: 50 * time.Millisecond}

func start(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{t: t, lines: make(chan string, 100), ended: make(chan struct{})}
	if o.Timeouts == (Timeouts{}) {
		o.Timeouts = quick
	}
	o.Server, o.Version = "r", "v0"
	o.Log = func(line string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.logs = append(r.logs, line)
	}
	in, feed := io.Pipe()
	pour, out := io.Pipe()
	r.in = feed
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		r.err = Run(ctx, o, in, out)
		out.Close()
		close(r.ended)
	}()
	go func() {
		defer close(r.lines)
		for frames := jsonrpc.NewReader(pour, 0); ; {
			frame, err := frames.Next()
			if err != nil {
				return
			}
			r.lines <- string(frame)
		}
	}()
	t.Cleanup(func() {
		cancel()
		r.wait()
		if t.Failed() {
			t.Logf("logged: %q", r.log())
		}
	})
	return r
}

func (r *rig) log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.logs, "\n")
}

func (r *rig) send(lines ...string) {
	r.t.Helper()
	for _, l := range lines {
		if _, err := io.WriteString(r.in, l+"\n"); err != nil {
			r.t.Fatalf("sending %s: %v", l, err)
		}
	}
}

// next is the next line, whatever it is.
func (r *rig) next() string {
	r.t.Helper()
	select {
	case line, ok := <-r.lines:
		if !ok {
			r.t.Fatalf("it ended (%v); logged: %s", r.err, r.log())
		}
		return line
	case <-time.After(patience):
		r.t.Fatalf("nothing came; logged: %s", r.log())
	}
	return ""
}

func (r *rig) want(lines ...string) {
	r.t.Helper()
	for _, w := range lines {
		if got := r.next(); got != w {
			r.t.Errorf("\n got %s\nwant %s", got, w)
		}
	}
}

// failure is the next line, which must be an error of Loom's own to that id.
func (r *rig) failure(id string) loomrpc.Error {
	r.t.Helper()
	line := r.next()
	var f struct {
		ID    json.RawMessage
		Error *struct {
			Code    int
			Message string
			Data    loomrpc.ErrorData
		}
	}
	if err := json.Unmarshal([]byte(line), &f); err != nil || f.Error == nil || string(f.ID) != id || f.Error.Data.Server != "r" {
		r.t.Fatalf("want an error of Loom's to %s, got %s", id, line)
	}
	return loomrpc.Error{Code: f.Error.Code, Message: f.Error.Message, Data: f.Error.Data}
}

// wait waits for the end and returns what Run did.
func (r *rig) wait() error {
	r.t.Helper()
	select {
	case <-r.ended:
		return r.err
	case <-time.After(patience):
		r.t.Fatal("Run does not end")
		return nil
	}
}

// silent checks that nothing is left unread once Run has ended.
func (r *rig) silent() {
	r.t.Helper()
	for line := range r.lines {
		r.t.Errorf("nobody waits for %s", line)
	}
}

// handshake opens a legacy session.
func (r *rig) handshake() {
	r.t.Helper()
	r.send(initialize, initialized)
	r.want(initializeResult)
}

const (
	initialize       = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`
	initializeResult = `{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{}}}`
	initialized      = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
)

func toolsCall(id int, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo","arguments":%s}}`, id, arguments)
}

func modernCall(id int, method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}%s}}`, id, method, params)
}

// request is what a server got.
type request struct {
	http.Header
	verb   string
	method string // of the message
	id     string
	body   string
}

// endpoint is a server by hand: it opens legacy sessions, has no stream of its
// own, and leaves all else to answer.
type endpoint struct {
	*httptest.Server
	session string // given by initialize, if not empty
	answer  func(w http.ResponseWriter, r *http.Request, got request)
	listen  http.HandlerFunc // for GET; nil is 405
	hold    http.HandlerFunc // before anything else, may be nil

	mu   sync.Mutex
	seen []request
	came chan struct{}
}

func serve(t *testing.T, e *endpoint) *endpoint {
	t.Helper()
	e.came = make(chan struct{}, 1000)
	e.Server = httptest.NewServer(e)
	t.Cleanup(func() {
		e.CloseClientConnections()
		e.Close()
	})
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e.hold != nil {
		e.hold(w, r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	got := request{Header: r.Header, verb: r.Method, body: string(body)}
	if m, err := jsonrpc.Scan(body); err == nil {
		got.method, _ = jsonrpc.Text(m.Method.Of(body))
		got.id = string(m.ID.Of(body))
	}
	e.mu.Lock()
	e.seen = append(e.seen, got)
	e.mu.Unlock()
	e.came <- struct{}{}
	switch {
	case r.Method == http.MethodGet && e.listen != nil:
		e.listen(w, r)
	case r.Method == http.MethodGet:
		http.Error(w, "no stream", http.StatusMethodNotAllowed)
	case r.Method == http.MethodDelete:
	case got.method == mcp.Initialize:
		if e.session != "" {
			w.Header().Set("Mcp-Session-Id", e.session)
		}
		say(w, initializeResult)
	case got.id == "" || got.method == "":
		w.WriteHeader(http.StatusAccepted)
	default:
		e.answer(w, r, got)
	}
}

// requests are those that came so far.
func (e *endpoint) requests() []request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]request(nil), e.seen...)
}

// await waits for a request that is the one.
func (e *endpoint) await(t *testing.T, what string, is func(request) bool) request {
	t.Helper()
	give := time.After(patience)
	for {
		for _, r := range e.requests() {
			if is(r) {
				return r
			}
		}
		select {
		case <-e.came:
		case <-give:
			t.Fatalf("waited in vain for %s; came: %v", what, e.requests())
		}
	}
}

func (e *endpoint) count(is func(request) bool) (n int) {
	for _, r := range e.requests() {
		if is(r) {
			n++
		}
	}
	return n
}

func isMethod(method string) func(request) bool {
	return func(r request) bool { return r.method == method }
}

func isVerb(verb string) func(request) bool { return func(r request) bool { return r.verb == verb } }

func say(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, message)
}

// stream begins an event stream; its events are raw.
func stream(w http.ResponseWriter, events ...string) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	more(w, events...)
}

func more(w http.ResponseWriter, events ...string) {
	for _, e := range events {
		io.WriteString(w, e+"\n\n")
	}
	http.NewResponseController(w).Flush()
}

// cut breaks the connection as it is.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}

func result(id, text string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"text":%q}}`, id, text)
}

func progress(n int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"loom-2","progress":%d}}`, n)
}

func isGone(err error) bool { return errors.Is(err, ErrSessionGone) }
