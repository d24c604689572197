// Package session is the client's side of loomd: one connection of a proxy or
// of the command line, what it asked for, and what is on its way back.
//
// It answers what the catalog knows, hands calls to the instance that serves
// this session, and writes every byte that goes to the client, in order. It
// starts no process and has no opinion on names.
package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/nonblock"
	"github.com/loom-core/loom/daemon/internal/audit"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/daemon/internal/flow"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/pool"
	"github.com/loom-core/loom/daemon/internal/redact"
	"github.com/loom-core/loom/daemon/internal/results"
	"github.com/loom-core/loom/daemon/internal/trace"
	"github.com/loom-core/loom/registry"
)

// Services are the parts of loomd that a session uses. All fields are required.
type Services struct {
	Hub      *hub.Hub
	Servers  servers
	Learner  learner
	Projects projects
	Status   func(project, client string) []byte // the result of loom__status for the sessions of a client in a project
	Results  *results.Store
	Audit    *audit.Log
	Trace    *trace.Trace
	Known    *redact.Set        // what Loom's own errors are shown without
	Control  map[string]Control // methods for the command line
	Observer Observer
	Log      *slog.Logger
	Version  string
	Budget   *Budget
	Instance string // of this life of loomd: part of the ids that clients are given
}

// Control answers one method of the command line. ctx ends with the connection
// and knows where that is; see [ProjectOf].
type Control func(ctx context.Context, params json.RawMessage) (any, error)

// servers gives out the instance that serves a session.
type servers interface {
	Instance(registry.Server, pool.Sharing) *pool.Instance
	Release(sharingKey string)
	LastError(server string) error
}

// learner starts servers whose definitions are not known, in the background.
// The channel is closed when every one of them was tried.
type learner interface {
	Learn([]registry.Server, func(registry.Server) pool.Sharing) <-chan struct{}
	Unlearnt([]registry.Server) []registry.Server
}

// Observer counts calls. Server and tool are those of the registry and the
// catalog, empty when the name stood for nothing.
type Observer interface {
	CallBegan(server string)
	CallEnded(server, tool, outcome string, took time.Duration)
	Dropped(notifications int) // that a client was too slow for
}

// helloLimit bounds a peer that connects and says nothing.
const helloLimit = 10 * time.Second

// farewell is how long a session that ends may go on writing.
const farewell = time.Second

// outboxSize is how much may wait for one client: a little over the largest
// frame, so that one result of that size never ends a session.
const outboxSize = jsonrpc.DefaultMaxFrame + 1<<20

// Session is one connection.
type Session struct {
	svc   *Services
	conn  *net.UnixConn
	out   *outbox
	id    string
	hello loomrpc.Hello
	since time.Time
	where workspace
	due   flow.List // of Serve, which reads

	progress func(frame []byte) // sends the progress of a call

	answering  atomic.Int32   // calls whose answer has come and is not queued yet
	background sync.WaitGroup // requests that take their time
	telling    sync.Mutex     // held over viewChanged: of two changes the later view is told last

	draining sync.Mutex // held by the one who lets those go on that waited for the roots

	mu       sync.Mutex
	calls    map[string]*call        // that the client waits for, by its raw id
	parked   map[string]*call        // that it has to come back for, by token
	asks     map[string]*ask         // what it has not answered, by raw id
	listens  map[string]*listening   // open subscriptions of a modern client, by raw id
	uris     map[string]followed     // resources that it follows
	given    map[string]string       // the server that named a resource in a result
	tasks    map[string][]task       // where each runs, by id
	used     map[*pool.Instance]bool // where it has something
	project  string                  // the folder of the one that it is in; may be empty
	env      []string                // "NAME=value": what its servers want of the client's environment
	client   client
	nextAsk  int
	rooting  bool     // it was asked for its folders
	awaiting []func() // what waits for that
	ready    bool     // initialized: it may be told of changes
	gone     bool
	tag      string // of the view that it was told of last
	tags     [catalog.Kinds]string
	index    *indexed // of the view, once it was searched
}

// New serves conn under that id. Serve does the work.
func New(svc *Services, conn *net.UnixConn, id string) *Session {
	s := &Session{svc: svc, conn: conn, out: newOutbox(conn, outboxSize, svc.Budget), id: id, since: time.Now(),
		calls: map[string]*call{}, parked: map[string]*call{}, asks: map[string]*ask{}, listens: map[string]*listening{}, uris: map[string]followed{},
		given: map[string]string{}, tasks: map[string][]task{}, used: map[*pool.Instance]bool{}}
	s.progress = func(frame []byte) { s.out.push(nil, true, frame) }
	return s
}

// Serve runs the session until the peer goes away or ctx ends. greeted is
// called once the peer has said who it is.
func (s *Session) Serve(ctx context.Context, greeted func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.conn.Close()
	// What is queued is still written: the answer to loom/stop, for one.
	defer context.AfterFunc(ctx, func() {
		s.conn.SetWriteDeadline(time.Now().Add(farewell))
		s.conn.CloseRead()
	})()

	frames := jsonrpc.NewReader(nonblock.NewReader(s.conn), loomrpc.MaxFrame)
	if err := s.greet(frames); err != nil {
		return err
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		if err := s.out.queue.Write(s.conn); err != nil {
			cancel()
		}
	})
	greeted()
	stopWatching := func() {}
	if !s.hello.Control {
		stopWatching = s.svc.Hub.Watch(s.viewChanged)
		s.viewChanged()
		s.learn()
	}
	err := s.read(ctx, frames)
	stopWatching()
	cancel()
	s.abandon()
	s.background.Wait()
	s.out.close()
	writer.Wait()
	s.svc.Observer.Dropped(s.out.abandon())
	s.svc.Servers.Release(s.key())
	return err
}

// greet reads the hello and answers it. Nothing else is written before.
func (s *Session) greet(frames *jsonrpc.Reader) error {
	s.conn.SetDeadline(time.Now().Add(helloLimit))
	defer s.conn.SetDeadline(time.Time{})
	frame, err := frames.Next()
	if err != nil {
		return fmt.Errorf("reading hello: %w", err)
	}
	refuse := func(id []byte, e *loomrpc.Error) error {
		s.conn.Write(append(jsonrpc.NewError(id, e.Wire()), '\n'))
		return e
	}
	m, err := jsonrpc.Scan(frame)
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	if err != nil || method != loomrpc.MethodHello || !m.ID.Present() {
		return refuse(m.ID.Of(frame), loomrpc.Errorf(loomrpc.CodeBadHello, loomrpc.ErrorData{}, "a connection to loomd begins with %s", loomrpc.MethodHello))
	}
	id := m.ID.Of(frame)
	if err := json.Unmarshal(m.Params.Of(frame), &s.hello); err != nil {
		return refuse(id, loomrpc.Errorf(loomrpc.CodeBadHello, loomrpc.ErrorData{}, "reading %s: %v", loomrpc.MethodHello, err))
	}
	// The command line of any version may at least say loom stop.
	if p := s.hello.Protocol; !s.hello.Control && p != loomrpc.Protocol && p != loomrpc.Protocol-1 {
		return refuse(id, loomrpc.Errorf(loomrpc.CodeBadHello, loomrpc.ErrorData{Hint: "loom stop; loom start"},
			"loom %s speaks version %d of the protocol and loomd %s version %d", s.hello.Version, p, s.svc.Version, loomrpc.Protocol))
	}
	s.where = findWorkspace(s.hello.Dir)
	s.Locate()
	reply := loomrpc.HelloReply{Protocol: loomrpc.Protocol, Version: s.svc.Version, Session: s.id}
	if !s.hello.Control {
		view, err := s.view()
		if err != nil {
			return refuse(id, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		}
		reply.Catalog, reply.ClientEnv = view.Tag, clientEnv(view)
	}
	raw, err := json.Marshal(reply)
	if err != nil {
		return fmt.Errorf("encoding the answer to hello: %w", err)
	}
	if _, err := s.conn.Write(append(jsonrpc.NewResult(id, raw), '\n')); err != nil {
		return fmt.Errorf("answering hello: %w", err)
	}
	return nil
}

func (s *Session) read(ctx context.Context, frames *jsonrpc.Reader) error {
	defer s.due.Flush()
	for {
		if !frames.Buffered() {
			s.due.Flush()
		}
		frame, err := frames.Next()
		s.due.Open()
		if large, ok := errors.AsType[*jsonrpc.TooLargeError](err); ok {
			s.fail(large.ID, loomrpc.Errorf(loomrpc.CodeTooLarge, loomrpc.ErrorData{}, "%v", large))
			continue
		}
		if err != nil {
			return err
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			s.fail(nil, loomrpc.Errorf(jsonrpc.CodeParse, loomrpc.ErrorData{}, "%v", err))
			continue
		}
		s.handle(ctx, frame, m)
		if room := s.out.full(); room != nil {
			s.due.Flush()
			select {
			case <-room:
			case <-ctx.Done():
			}
		}
	}
}

// methodCall is loom/call as it stands in a frame: most have it, and need no
// copy of it.
const methodCall = `"` + loomrpc.MethodCall + `"`

func (s *Session) handle(ctx context.Context, frame []byte, m jsonrpc.Message) {
	if s.svc.Trace.Active() && !s.hello.Control {
		s.emit(trace.ClientToLoom, s.meant(frame, m), frame)
	}
	method := loomrpc.MethodCall
	if raw := m.Method.Of(frame); string(raw) != methodCall {
		method, _ = jsonrpc.Text(raw)
	}
	switch method {
	case loomrpc.MethodCall:
		if m.ID.Present() {
			s.callTool(ctx, frame, m)
		}
	case loomrpc.MethodMCP:
		inner := m.Params.Of(frame)
		message, err := jsonrpc.Scan(inner)
		if err != nil {
			s.fail(nil, loomrpc.Errorf(jsonrpc.CodeParse, loomrpc.ErrorData{}, "%v", err))
			return
		}
		s.message(ctx, inner, message)
	case loomrpc.NotifyEnv:
		s.takeEnv(m.Params.Of(frame))
	default:
		if m.Kind() != jsonrpc.Request {
			return
		}
		s.control(ctx, method, frame, m)
	}
}

// control runs a method of the command line beside the reader: some wait.
func (s *Session) control(ctx context.Context, method string, frame []byte, m jsonrpc.Message) {
	id := m.ID.Of(frame)
	f, ok := s.svc.Control[method]
	if !ok {
		s.send(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "loomd %s has no method %s", s.svc.Version, method)))
		return
	}
	ctx = context.WithValue(ctx, projectKey{}, s.Project())
	s.background.Go(func() {
		result, err := f(ctx, m.Params.Of(frame))
		if err != nil {
			s.fail(id, asError("", err))
			return
		}
		raw, err := jsonrpc.Marshal(result)
		if err != nil {
			s.fail(id, loomrpc.Errorf(jsonrpc.CodeInternal, loomrpc.ErrorData{}, "encoding the answer to %s: %v", method, err))
			return
		}
		s.send(jsonrpc.NewResult(id, raw))
	})
}

// send queues a frame for the client and ends the session when it is hopelessly
// behind.
func (s *Session) send(parts ...[]byte) { s.sendOn(&s.due, parts...) }

// sendOn is send on the goroutine of the reader with that list, if it is one.
func (s *Session) sendOn(l *flow.List, parts ...[]byte) {
	if s.svc.Trace.Active() && !s.hello.Control {
		s.emit(trace.LoomToClient, "", bytes.Join(parts, nil))
	}
	if !s.out.push(l, false, parts...) {
		s.svc.Log.Warn("client does not read what it asked for; closing its session", "session", s.id, "client", s.Info().Client)
		s.conn.Close()
	}
}

// fail answers with an error of Loom's own.
func (s *Session) fail(id []byte, e *loomrpc.Error) {
	s.send(jsonrpc.NewError(id, masked(s.svc.Known, e).Wire()))
}

// Info describes the session for `loom status`.
func (s *Session) Info() loomrpc.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	client := s.hello.Client
	if client == "" {
		client = s.client.name
	}
	return loomrpc.Session{ID: s.id, Client: client, Profile: s.hello.Profile, Dir: s.hello.Dir, Project: s.project, PID: s.hello.PID, Version: s.hello.Version, Since: s.since, Calls: len(s.calls) + len(s.parked)}
}

// Busy reports a call that has no answer yet, or one whose answer is not queued.
func (s *Session) Busy() bool {
	s.mu.Lock()
	calls := len(s.calls) + len(s.parked)
	s.mu.Unlock()
	return calls > 0 || s.answering.Load() > 0 // in this order: a call is here before it leaves there
}

// IsControl reports whether the command line is at the other end.
func (s *Session) IsControl() bool { return s.hello.Control }
