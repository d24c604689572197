package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// sessions numbers the connections of this process: mcp-go keeps them by id.
var sessions atomic.Int64

// session is what mcp-go wants to know about a connection.
type session struct {
	id string
	w  *writer

	mu           sync.Mutex // guards the fields below
	initialized  bool
	level        mcp.LoggingLevel
	info         mcp.Implementation
	capabilities mcp.ClientCapabilities
	version      string
	listens      map[*listening]bool
	closed       bool
	lastID       int64
	pending      map[string]chan reply // our own requests, by raw id
}

type reply struct {
	result json.RawMessage
	err    error
}

var (
	_ server.SessionWithLogging            = (*session)(nil)
	_ server.SessionWithClientInfo         = (*session)(nil)
	_ server.SessionWithProtocolVersion    = (*session)(nil)
	_ server.SessionWithSubscriptionFilter = (*session)(nil)
	_ server.SessionWithElicitation        = (*session)(nil)
	_ server.SessionWithRoots              = (*session)(nil)
	_ server.SessionWithSampling           = (*session)(nil)
)

func newSession(w *writer) *session {
	s := &session{
		id:      "conn-" + strconv.FormatInt(sessions.Add(1), 10),
		w:       w,
		level:   mcp.LoggingLevelError,
		pending: make(map[string]chan reply),
		listens: make(map[*listening]bool),
	}
	w.addressed = s.addressed
	return s
}

func (s *session) SessionID() string { return s.id }

func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification { return s.w.notifications }

func (s *session) update(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *session) Initialize() { s.update(func() { s.initialized = true }) }

func (s *session) Initialized() (ok bool) { s.update(func() { ok = s.initialized }); return }

func (s *session) SetLogLevel(l mcp.LoggingLevel) { s.update(func() { s.level = l }) }

func (s *session) GetLogLevel() (l mcp.LoggingLevel) { s.update(func() { l = s.level }); return }

func (s *session) SetClientInfo(i mcp.Implementation) { s.update(func() { s.info = i }) }

func (s *session) GetClientInfo() (i mcp.Implementation) { s.update(func() { i = s.info }); return }

func (s *session) SetClientCapabilities(c mcp.ClientCapabilities) {
	s.update(func() { s.capabilities = c })
}

func (s *session) GetClientCapabilities() (c mcp.ClientCapabilities) {
	s.update(func() { c = s.capabilities })
	return
}

// SetProtocolVersion is called by mcp-go at initialize, over an interface of its own.
func (s *session) SetProtocolVersion(v string) { s.update(func() { s.version = v }) }

func (s *session) ProtocolVersion() (v string) { s.update(func() { v = s.version }); return }

// RequestElicitation asks the user of a client of the initialize era.
func (s *session) RequestElicitation(ctx context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	if s.GetClientCapabilities().Elicitation == nil {
		return nil, server.ErrElicitationNotSupported
	}
	var result mcp.ElicitationResult
	return &result, s.call(ctx, string(mcp.MethodElicitationCreate), r.Params, &result)
}

// ListRoots asks a client of the initialize era for its roots.
func (s *session) ListRoots(ctx context.Context, _ mcp.ListRootsRequest) (*mcp.ListRootsResult, error) {
	if s.GetClientCapabilities().Roots == nil {
		return nil, server.ErrRootsNotSupported
	}
	var result mcp.ListRootsResult
	return &result, s.call(ctx, string(mcp.MethodListRoots), nil, &result)
}

// errNoSampling stands in for mcp-go's own, which it keeps to itself.
var errNoSampling = errors.New("the client does not support sampling")

// RequestSampling asks the model of a client of the initialize era.
func (s *session) RequestSampling(ctx context.Context, r mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
	if s.GetClientCapabilities().Sampling == nil {
		return nil, errNoSampling
	}
	var result mcp.CreateMessageResult
	return &result, s.call(ctx, string(mcp.MethodSamplingCreateMessage), r.CreateMessageParams, &result)
}

// call sends a request of ours to the client and decodes the result.
func (s *session) call(ctx context.Context, method string, params, result any) error {
	var raw []byte
	if params != nil {
		var err error
		if raw, err = json.Marshal(params); err != nil {
			return fmt.Errorf("encoding %s: %w", method, err)
		}
	}
	var id []byte
	answer := make(chan reply, 1)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errGone
	}
	s.lastID++
	id = jsonrpc.ID(s.lastID)
	s.pending[string(id)] = answer
	s.mu.Unlock()
	defer s.update(func() { delete(s.pending, string(id)) })

	s.w.send(jsonrpc.NewRequest(id, method, raw), nil)
	select {
	case r := <-answer:
		if r.err != nil {
			return fmt.Errorf("asking the client for %s: %w", method, r.err)
		}
		if err := json.Unmarshal(r.result, result); err != nil {
			return fmt.Errorf("decoding the client's answer to %s: %w", method, err)
		}
		return nil
	case <-ctx.Done():
		s.w.send(jsonrpc.NewNotification("notifications/cancelled", []byte(`{"requestId":`+string(id)+`}`)), nil)
		return context.Cause(ctx)
	}
}

// deliver hands an answer of the client to whoever asked. One that nobody
// waits for any more is dropped.
func (s *session) deliver(id, result, failure []byte) {
	r := reply{result: result}
	if failure != nil {
		e := new(jsonrpc.Error)
		if err := json.Unmarshal(failure, e); err != nil {
			r.err = errors.New("an error that is no JSON-RPC error")
		} else {
			r.err = e
		}
	}
	s.reply(id, r)
}

func (s *session) fail(id []byte, err error) { s.reply(id, reply{err: err}) }

func (s *session) reply(id []byte, r reply) {
	s.update(func() {
		if ch := s.pending[string(id)]; ch != nil {
			delete(s.pending, string(id))
			ch <- r // has room for the one answer
		}
	})
}

// close fails the requests that wait for the client.
func (s *session) close() {
	s.update(func() {
		s.closed = true
		for id, ch := range s.pending {
			delete(s.pending, id)
			ch <- reply{err: errGone}
		}
	})
}
