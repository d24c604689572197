package session

import (
	"encoding/json"
	"strconv"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
)

// client is what the other end said of itself at initialize. A modern client
// says it with every request instead.
type client struct {
	legacy       bool   // it sent initialize
	name         string // of clientInfo
	info         []byte // raw; nil until it said
	capabilities []byte // raw
	version      string // the revision that it was answered with
	level        string // of the log messages that it wants; empty: it did not say
	meta         []byte // the same for a modern server, once it was wanted; nil after a change
}

// can reports whether capabilities, raw, have a member of that path.
func can(capabilities []byte, path ...string) bool {
	if len(capabilities) == 0 {
		return false
	}
	span, ok := jsonrpc.Find(capabilities, jsonrpc.Span{End: len(capabilities)}, path...)
	return ok && string(span.Of(capabilities)) != "null" && string(span.Of(capabilities)) != "false"
}

// canAnswer reports whether a client of those capabilities may be asked that.
// A method that is not known is asked: the client knows best.
func canAnswer(capabilities []byte, method string, frame []byte, params jsonrpc.Span) bool {
	switch method {
	case mcp.RootsList:
		return can(capabilities, "roots")
	case mcp.Sampling:
		_, tools := jsonrpc.Find(frame, params, "tools")
		return can(capabilities, "sampling") && (!tools || can(capabilities, "sampling", "tools"))
	case mcp.Elicitation:
		if mode, ok := jsonrpc.Find(frame, params, "mode"); ok {
			if text, _ := jsonrpc.Text(mode.Of(frame)); text == "url" {
				return can(capabilities, "elicitation", "url")
			}
		}
		// An empty object is form alone (2025-11-25, "Elicitation: Capabilities").
		return can(capabilities, "elicitation", "form") || can(capabilities, "elicitation") && !can(capabilities, "elicitation", "url")
	}
	return true
}

// asker is how a request came: in which era, and what its sender can do.
type asker struct {
	modern       bool
	capabilities []byte // raw
	level        string // of log messages that it wants while it waits; modern only
}

// asker finds out. The error is for a request that names a protocol which Loom
// does not speak.
func (s *Session) asker(frame []byte, params jsonrpc.Span) (asker, *jsonrpc.Error) {
	s.mu.Lock()
	c := s.client
	s.mu.Unlock()
	if c.legacy {
		return asker{capabilities: c.capabilities}, nil
	}
	meta, ok := jsonrpc.Find(frame, params, "_meta")
	if !ok {
		return asker{}, nil
	}
	var a asker
	var asked string
	jsonrpc.Members(frame, meta, func(name string, value jsonrpc.Span) bool {
		switch name {
		case mcp.MetaProtocolVersion:
			asked, a.modern = text(frame, value), true
		case mcp.MetaClientCapabilities:
			a.capabilities = value.Of(frame)
		case mcp.MetaLogLevel:
			a.level = text(frame, value)
		case mcp.MetaClientInfo:
			if c.info == nil {
				s.introduce(value.Of(frame))
			}
		}
		return true
	})
	if a.modern && asked != mcp.Modern {
		data, _ := json.Marshal(map[string]any{"supported": []string{mcp.Modern}, "requested": asked}) // strings
		return a, &jsonrpc.Error{Code: mcp.CodeUnsupportedVersion, Message: "protocol version " + strconv.Quote(asked) + " is not supported in this way; loom speaks " + mcp.Modern + " and, after initialize, " + mcp.LatestLegacy + " and older", Data: data}
	}
	if a.modern && a.capabilities == nil {
		return a, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "_meta lacks %s, which every request has that names its protocol version", mcp.MetaClientCapabilities)
	}
	return a, nil
}

// names reports whether a request says its protocol version itself, as all of
// the modern era do. One that does and is called initialize opens no session:
// with it the session would be legacy for good.
func names(frame []byte, params jsonrpc.Span) bool {
	_, ok := jsonrpc.Find(frame, params, "_meta", mcp.MetaProtocolVersion)
	return ok
}

func text(frame []byte, span jsonrpc.Span) string {
	t, _ := jsonrpc.Text(span.Of(frame))
	return t
}

// introduce remembers who the client is, for the status.
func (s *Session) introduce(info []byte) {
	name, _ := jsonrpc.Find(info, jsonrpc.Span{End: len(info)}, "name")
	s.mu.Lock()
	s.client.info, s.client.name = info, text(info, name)
	s.mu.Unlock()
}

// meta is what a modern server is told of the client. A modern client has said
// it in the params already.
func (s *Session) meta(a asker) []byte {
	if a.modern {
		return []byte{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.client
	if !c.legacy {
		return nil // Loom's own
	}
	if c.meta == nil {
		c.meta = c.describe()
	}
	return c.meta
}

// describe writes what meta gives.
func (c *client) describe() []byte {
	b := append([]byte(nil), `"`+mcp.MetaProtocolVersion+`":"`+mcp.Modern+`","`+mcp.MetaClientCapabilities+`":`...)
	if len(c.capabilities) == 0 {
		b = append(b, "{}"...)
	}
	b = append(b, c.capabilities...)
	if len(c.info) > 0 {
		b = append(append(b, `,"`+mcp.MetaClientInfo+`":`...), c.info...)
	}
	if c.level != "" {
		b = append(append(b, `,"`+mcp.MetaLogLevel+`":`...), jsonrpc.Quote(c.level)...)
	}
	return b
}

// mirror is what a server that only this session uses is told at initialize.
func (s *Session) mirror(a asker) child.Client {
	s.mu.Lock()
	c := s.client
	s.mu.Unlock()
	m := child.Client{Info: c.info, Capabilities: a.capabilities, Version: c.version}
	if len(m.Capabilities) == 0 && (c.legacy || a.modern) {
		m.Capabilities = []byte("{}")
	}
	return m
}
