package fakeserver

import (
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// who is the tool that says what the client told of itself, raw: in the legacy
// era at initialize, in the modern one with this request. What it did not tell
// is null. meta is the whole _meta of the request.
func (s *server) who(r *request, _ []byte) {
	told := func(name, key string) string {
		raw := r.param("_meta", key)
		if !s.modern() {
			raw = s.greeted(name)
		}
		if raw == nil {
			raw = jsonrpc.Null
		}
		return `"` + name + `":` + string(raw)
	}
	meta := r.param("_meta")
	if meta == nil {
		meta = jsonrpc.Null
	}
	s.result(r, []byte(`{"content":[{"type":"text","text":"you"}],"structuredContent":{`+
		told("clientInfo", mcp.MetaClientInfo)+`,`+told("capabilities", mcp.MetaClientCapabilities)+`,`+told("protocolVersion", mcp.MetaProtocolVersion)+
		`,"meta":`+string(meta)+`}}`))
}

// greeted is a member of the params of initialize, raw.
func (s *server) greeted(name string) []byte {
	s.mu.Lock()
	hello := s.hello
	s.mu.Unlock()
	span, _ := jsonrpc.Find(hello, jsonrpc.Span{End: len(hello)}, name)
	return span.Of(hello)
}
