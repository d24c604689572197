package bridge

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"os/exec"
	"sync"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Bridge serves MCP over Streamable HTTP at every path. Close ends its children.
type Bridge struct {
	start func() *exec.Cmd

	mu       sync.Mutex
	closed   bool
	sessions map[string]*child
	shared   *child // of the era without sessions
}

// New returns a Bridge whose children are made by start, which is called once
// for each and not at the same time.
func New(start func() *exec.Cmd) *Bridge {
	return &Bridge{start: start, sessions: map[string]*child{}}
}

// Close ends the children and waits for their end.
func (b *Bridge) Close() {
	b.mu.Lock()
	b.closed = true
	children := []*child{}
	for _, c := range b.sessions {
		children = append(children, c)
	}
	if b.shared != nil {
		children = append(children, b.shared)
	}
	b.sessions, b.shared = map[string]*child{}, nil
	b.mu.Unlock()
	var ending sync.WaitGroup
	for _, c := range children {
		ending.Go(c.stop)
	}
	ending.Wait()
}

func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !local(r) {
		http.Error(w, "this server is for this machine alone", http.StatusForbidden)
		return
	}
	switch modern := r.Header.Get(headerVersion) >= mcp.Modern; {
	case r.Method == http.MethodPost:
		b.post(w, r)
	case r.Method == http.MethodGet && !modern:
		b.get(w, r)
	case r.Method == http.MethodDelete && !modern:
		b.end(w, r)
	default:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "messages are posted", http.StatusMethodNotAllowed)
	}
}

// maxBody is Loom's own limit for a frame.
const maxBody = 64 << 20

func (b *Bridge) post(w http.ResponseWriter, r *http.Request) {
	frame, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m, err := jsonrpc.Scan(frame)
	if err != nil {
		alone(w, http.StatusBadRequest, jsonrpc.NewError(nil, jsonrpc.Errorf(jsonrpc.CodeParse, "%v", err)))
		return
	}
	frame, m = oneLine(frame, m)
	modern := r.Header.Get(headerVersion) == mcp.Modern || version(frame, m) != ""
	if e := contradiction(r.Header, frame, m); modern && e != nil && m.Method.Present() {
		alone(w, http.StatusBadRequest, jsonrpc.NewError(m.ID.Of(frame), e))
		return
	}
	c, session, failure := b.child(r, frame, m, modern)
	if failure != 0 {
		http.Error(w, http.StatusText(failure), failure)
		return
	}
	if session != "" {
		w.Header().Set(headerSession, session)
	}
	if m.Kind() != jsonrpc.Request {
		c.tell(frame, m)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	answer(w, r, c, c.ask(frame, m), modern)
}

// oneLine makes a body a frame: what a client writes in several lines would be
// several on the pipe. Line breaks are there only between tokens.
func oneLine(frame []byte, m jsonrpc.Message) ([]byte, jsonrpc.Message) {
	broken := false
	for i, char := range frame {
		if char == '\n' || char == '\r' {
			frame[i], broken = ' ', true
		}
	}
	if broken {
		m, _ = jsonrpc.Scan(frame) // white space for white space
	}
	return frame, m
}

// child is the process for a message, and the session's id if it begins one; or
// else the HTTP status that refuses it.
func (b *Bridge) child(r *http.Request, frame []byte, m jsonrpc.Message, modern bool) (c *child, session string, failure int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := r.Header.Get(headerSession)
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	switch {
	case b.closed:
		return nil, "", http.StatusServiceUnavailable
	case modern && b.shared != nil:
		return b.shared, "", 0
	case modern:
		session = ""
	case id != "" && b.sessions[id] == nil:
		return nil, "", http.StatusNotFound
	case id != "":
		return b.sessions[id], "", 0
	case method != mcp.Initialize:
		return nil, "", http.StatusBadRequest
	default:
		session = rand.Text()
	}
	c, err := startChild(b.start())
	if err != nil {
		return nil, "", http.StatusBadGateway
	}
	if modern {
		b.shared = c
	} else {
		b.sessions[session] = c
	}
	return c, session, 0
}

// end ends a session.
func (b *Bridge) end(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get(headerSession)
	b.mu.Lock()
	c := b.sessions[id]
	delete(b.sessions, id)
	b.mu.Unlock()
	if c == nil {
		http.Error(w, "no such session", http.StatusNotFound)
		return
	}
	c.stop()
	w.WriteHeader(http.StatusNoContent)
}

// get is the stream of what belongs to no request.
func (b *Bridge) get(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	c := b.sessions[r.Header.Get(headerSession)]
	b.mu.Unlock()
	if c == nil {
		http.Error(w, "no such session", http.StatusNotFound)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() { // ends with the stream or the child, and the one ends the other
		select {
		case <-c.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	events := newStream(w)
	for {
		frame, err := c.loose.next(ctx)
		if err != nil {
			return
		}
		events.send(frame)
	}
}
