package remote

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Headers of the transport.
const (
	headerSession     = "Mcp-Session-Id"       // legacy
	headerVersion     = "Mcp-Protocol-Version" // both eras
	headerMethod      = "Mcp-Method"           // modern, as are the others
	headerName        = "Mcp-Name"
	headerParamPrefix = "Mcp-Param-"
	headerLastEvent   = "Last-Event-ID"
)

// headers are the user's own and those that every request has.
func (b *bridge) headers() http.Header {
	h := http.Header{}
	h.Set("User-Agent", "loom/"+b.o.Version)
	for name, values := range b.o.Headers {
		h.Del(name)
		for _, v := range values {
			h.Add(name, v)
		}
	}
	return h
}

// legacyHeaders name the session, if there is one.
func (b *bridge) legacyHeaders() http.Header {
	h := b.headers()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.version != "" {
		h.Set(headerVersion, b.version)
	}
	if b.session != "" {
		h.Set(headerSession, b.session)
	}
	return h
}

// postHeaders are those of the message in frame. modern is empty for one of the
// legacy era.
func (b *bridge) postHeaders(frame []byte, m jsonrpc.Message, method, modern string) http.Header {
	var h http.Header
	switch {
	case modern != "":
		h = b.headers()
		h.Set(headerVersion, modern)
		if method != "" {
			h.Set(headerMethod, headerValue(method))
		}
		if name, ok := nameOf(frame, m, method); ok {
			h.Set(headerName, headerValue(name))
		}
		if method == mcp.ToolsCall {
			b.params.mirror(h, frame, m)
		}
	case method == mcp.Initialize:
		h = b.headers() // it opens the session and agrees on the version
	default:
		h = b.legacyHeaders()
	}
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json, text/event-stream")
	return h
}

// versionOf is the version that a request of the modern era names (2026-07-28,
// "Request metadata").
func versionOf(frame []byte, m jsonrpc.Message) string {
	span, _ := jsonrpc.Find(frame, m.Params, "_meta", mcp.MetaProtocolVersion)
	version, _ := jsonrpc.Text(span.Of(frame))
	return version
}

// asLegacy takes the version of the modern era out of a message for a legacy
// session: a client of that era wrote it there, and a server that knows both
// would take the message for one without session.
func asLegacy(frame []byte, m jsonrpc.Message) ([]byte, jsonrpc.Message) {
	if versionOf(frame, m) == "" {
		return frame, m
	}
	meta, _ := jsonrpc.Find(frame, m.Params, "_meta")
	with := []byte{'{'}
	jsonrpc.Members(frame, meta, func(name string, value jsonrpc.Span) bool {
		if name != mcp.MetaProtocolVersion {
			if len(with) > 1 {
				with = append(with, ',')
			}
			with = append(append(append(with, jsonrpc.Quote(name)...), ':'), value.Of(frame)...)
		}
		return true
	})
	frame = jsonrpc.Splice(make([]byte, 0, len(frame)), frame, jsonrpc.Edit{Span: meta, With: append(with, '}')})
	m, _ = jsonrpc.Scan(frame)
	return frame, m
}

// nameOf is what goes into Mcp-Name (2026-07-28, "Standard Request Headers").
func nameOf(frame []byte, m jsonrpc.Message, method string) (string, bool) {
	member := "name"
	switch method {
	case mcp.ToolsCall, "prompts/get":
	case "resources/read":
		member = "uri"
	default:
		return "", false
	}
	span, ok := jsonrpc.Find(frame, m.Params, member)
	if !ok {
		return "", false
	}
	return jsonrpc.Text(span.Of(frame))
}

// headerValue writes text as a header's value. What is not plain ASCII, or
// looks encoded already, is encoded (2026-07-28, "Value Encoding").
func headerValue(text string) string {
	const prefix, suffix = "=?base64?", "?="
	plain := strings.Trim(text, " \t") == text && !(strings.HasPrefix(text, prefix) && strings.HasSuffix(text, suffix))
	for i := 0; plain && i < len(text); i++ {
		plain = text[i] >= 0x20 && text[i] < 0x7f
	}
	if plain {
		return text
	}
	return prefix + base64.StdEncoding.EncodeToString([]byte(text)) + suffix
}
