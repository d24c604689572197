package forward

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/core/version"
)

// session is what a client of the legacy era has set. Each loomd is told of it
// anew. The modern era has no session, only open subscriptions.
type session struct {
	initialize []byte   // the client's frame, once it was answered
	ready      bool     // the client said that it is initialized
	level      []byte   // the last logging/setLevel
	subscribed [][]byte // every resources/subscribe in force, in order
	changes    int      // of all this
}

// accepted notes a request that was answered with a result.
func (s *session) accepted(method string, frame []byte) {
	s.changes++
	switch method {
	case mcp.Initialize:
		s.initialize = frame
	case mcp.SetLevel:
		s.level = frame
	case mcp.ResourcesSubscribe, mcp.ResourcesUnsubscribe:
		uri := uriOf(frame)
		s.subscribed = slices.DeleteFunc(s.subscribed, func(other []byte) bool { return uriOf(other) == uri })
		if method == mcp.ResourcesSubscribe {
			s.subscribed = append(s.subscribed, frame)
		}
	}
}

// uriOf is the resource that a request names.
func uriOf(frame []byte) string {
	m, err := jsonrpc.Scan(frame)
	if err != nil {
		return ""
	}
	span, _ := jsonrpc.Find(frame, m.Params, "uri")
	uri, _ := jsonrpc.Text(span.Of(frame))
	return uri
}

// setUpPrefix is what the ids of the proxy's own requests begin with. A client
// may not use such a one, so that no answer can be mistaken.
var (
	setUpPrefix = []byte(`"loom:`)
	setUpID     = []byte(`"loom:setup"`)
)

// setUp greets loomd and, on a later link, opens the client's session again: in
// the order in which a client would, and never a call. It returns how many
// changes of the session loomd knows of.
func (p *Proxy) setUp(conn net.Conn, frames *jsonrpc.Reader) (changes int, err error) {
	conn.SetDeadline(time.Now().Add(setUpLimit))
	defer conn.SetDeadline(time.Time{})
	if err := p.greet(conn, frames); err != nil {
		return 0, fmt.Errorf("greeting loomd: %w", err)
	}
	p.mu.Lock()
	s := p.session
	s.subscribed = slices.Clone(s.subscribed)
	p.mu.Unlock()
	p.replayed = map[string]string{}
	if s.initialize == nil {
		return s.changes, nil
	}
	if err := p.replay(conn, frames, s); err != nil {
		return 0, fmt.Errorf("opening the session again: %w", err)
	}
	return s.changes, nil
}

// greet says hello, and hands over what loomd wants of the client's environment.
func (p *Proxy) greet(conn net.Conn, frames *jsonrpc.Reader) error {
	hello, err := json.Marshal(p.opts.Hello)
	if err != nil {
		return err
	}
	result, err := p.ask(conn, frames, jsonrpc.NewRequest(setUpID, loomrpc.MethodHello, hello))
	if err != nil {
		return err
	}
	var reply loomrpc.HelloReply
	if err := json.Unmarshal(result, &reply); err != nil {
		return err
	}
	switch own := p.opts.Hello.Version; {
	case version.Newer(reply.Version, own):
		p.opts.Log("this loom proxy is %s and loomd %s: the client uses the new one when it is started again", own, reply.Version)
	case reply.Version != own && !version.Newer(own, reply.Version): // loomd sees to one that is older
		p.opts.Log("loom is %s and loomd %s: run loom stop, and the next call starts the other one", own, reply.Version)
	}
	if len(reply.ClientEnv) == 0 {
		return nil
	}
	env := loomrpc.ClientEnv{Vars: map[string]string{}}
	for _, name := range reply.ClientEnv {
		if value, set := p.opts.Environ(name); set {
			env.Vars[name] = value
		}
	}
	raw, err := jsonrpc.Marshal(env)
	if err != nil {
		return err
	}
	_, err = conn.Write(append(jsonrpc.NewNotification(loomrpc.NotifyEnv, raw), '\n'))
	return err
}

// replay sets the session up as the client did. Only initialize is waited for:
// a subscription may have to start its server.
func (p *Proxy) replay(conn net.Conn, frames *jsonrpc.Reader, s session) error {
	number := 0
	next := func(frame []byte) (id, wrapped []byte, err error) {
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			return nil, nil, err
		}
		number++
		id = []byte(`"loom:setup-` + strconv.Itoa(number) + `"`)
		return id, jsonrpc.NewNotification(loomrpc.MethodMCP, jsonrpc.Splice(nil, frame, jsonrpc.Edit{Span: m.ID, With: id})), nil
	}
	_, frame, err := next(s.initialize)
	if err != nil {
		return err
	}
	if _, err := p.ask(conn, frames, frame); err != nil {
		return err
	}
	if !s.ready {
		return nil
	}
	done := jsonrpc.NewNotification(loomrpc.MethodMCP, jsonrpc.NewNotification(mcp.Initialized, nil))
	if _, err := conn.Write(append(done, '\n')); err != nil {
		return err
	}
	rest := s.subscribed
	if s.level != nil {
		rest = slices.Insert(rest, 0, s.level)
	}
	for _, request := range rest {
		id, frame, err := next(request)
		if err != nil {
			return err
		}
		what := "the log level"
		if uri := uriOf(request); uri != "" {
			what = "the subscription to " + uri
		}
		p.replayed[string(id)] = what
		if _, err := conn.Write(append(frame, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// ask sends a request of the proxy's own and waits for its result. No answer to
// the client can come before.
func (p *Proxy) ask(conn net.Conn, frames *jsonrpc.Reader, frame []byte) ([]byte, error) {
	if _, err := conn.Write(append(frame, '\n')); err != nil {
		return nil, err
	}
	for {
		answer, err := frames.Next()
		if err != nil {
			return nil, err
		}
		m, err := jsonrpc.Scan(answer)
		if err != nil {
			return nil, err
		}
		if m.Kind() != jsonrpc.Response {
			p.note(answer, m)
			continue
		}
		if m.Error.Present() {
			e := new(jsonrpc.Error)
			if err := json.Unmarshal(m.Error.Of(answer), e); err != nil {
				return nil, err
			}
			return nil, e
		}
		return m.Result.Of(answer), nil
	}
}
