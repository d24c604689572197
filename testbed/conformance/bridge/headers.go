package bridge

import (
	"net"
	"net/http"
	"net/url"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Headers of the transport (Streamable HTTP; "Standard headers", 2026-07-28).
const (
	headerSession = "Mcp-Session-Id"
	headerVersion = "Mcp-Protocol-Version"
	headerMethod  = "Mcp-Method"
	headerName    = "Mcp-Name"
)

// Errors of the era ("Error codes", 2026-07-28): a header that contradicts the
// message, and a client that lacks a capability.
const (
	codeHeaderMismatch    = -32020
	codeMissingCapability = -32021
)

// nameIn is where a method keeps what Mcp-Name repeats.
var nameIn = map[string]string{mcp.ToolsCall: "name", mcp.PromptsGet: "name", mcp.ResourcesRead: "uri"}

// local reports whether a request was meant for this machine. A page of another
// host that had its name resolve to 127.0.0.1 gives itself away here.
func local(r *http.Request) bool {
	if !loopback(r.Host) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && loopback(u.Host)
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	switch host {
	case "localhost", "127.0.0.1", "::1", "[::1]":
		return true
	}
	return false
}

// version is the one that a message names itself, empty in the initialize era.
func version(frame []byte, m jsonrpc.Message) string {
	at, _ := jsonrpc.Find(frame, m.Params, "_meta", mcp.MetaProtocolVersion)
	text, _ := jsonrpc.Text(at.Of(frame))
	return text
}

// contradiction is what is wrong with the headers of a message that names its
// version, nil if nothing is. What lacks in the message itself is for the server
// to say.
func contradiction(h http.Header, frame []byte, m jsonrpc.Message) *jsonrpc.Error {
	differ := func(header, said string) *jsonrpc.Error {
		if got := h.Get(header); got != said {
			return jsonrpc.Errorf(codeHeaderMismatch, "header mismatch: %s is %q and the message says %q", header, got, said)
		}
		return nil
	}
	if v := version(frame, m); v != "" {
		if e := differ(headerVersion, v); e != nil {
			return e
		}
	}
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	if e := differ(headerMethod, method); e != nil {
		return e
	}
	if member := nameIn[method]; member != "" {
		at, _ := jsonrpc.Find(frame, m.Params, member)
		name, _ := jsonrpc.Text(at.Of(frame))
		return differ(headerName, name)
	}
	return nil
}

// status is the HTTP status of an answer that comes alone (2026-07-28,
// "Error handling").
func status(frame []byte, m jsonrpc.Message) int {
	at, _ := jsonrpc.Find(frame, m.Error, "code")
	code, _ := jsonrpc.Int(at.Of(frame))
	switch code {
	case jsonrpc.CodeMethodNotFound:
		return http.StatusNotFound
	case jsonrpc.CodeParse, jsonrpc.CodeInvalidRequest, jsonrpc.CodeInvalidParams, codeHeaderMismatch, codeMissingCapability, mcp.CodeUnsupportedVersion:
		return http.StatusBadRequest
	}
	return http.StatusOK
}
