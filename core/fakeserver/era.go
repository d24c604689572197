package fakeserver

import (
	"slices"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Names that the eras give to what every message of theirs carries.
const (
	metaLogLevel     = "io.modelcontextprotocol/logLevel"
	metaServerInfo   = "io.modelcontextprotocol/serverInfo"
	metaSubscription = "io.modelcontextprotocol/subscriptionId"
	metaRelatedTask  = "io.modelcontextprotocol/related-task"
	extensionTasks   = "io.modelcontextprotocol/tasks"
)

// Codes that MCP gives to errors.
const (
	codeResourceNotFound  = -32002 // 2025-11-25; later it is a bad parameter
	codeMissingCapability = -32021 // 2026-07-28
	codeURLElicitation    = -32042 // 2025-11-25 only
)

// lacksMeta refuses a request of the modern era that does not carry what every
// request has to (2026-07-28, "_meta").
func (s *server) lacksMeta(r *request) bool {
	version := r.param("_meta", mcp.MetaProtocolVersion)
	if version == nil {
		s.fail(r, jsonrpc.CodeInvalidParams, "_meta lacks %s", mcp.MetaProtocolVersion)
		return true
	}
	if !s.o.Surface {
		return false
	}
	if text, _ := jsonrpc.Text(version); text != mcp.Modern {
		s.failWith(r, mcp.CodeUnsupportedVersion, `{"supported":["`+mcp.Modern+`"],"requested":`+string(version)+`}`, "no protocol version %s", version)
		return true
	}
	if r.param("_meta", mcp.MetaClientCapabilities) == nil {
		s.fail(r, jsonrpc.CodeInvalidParams, "_meta lacks %s", mcp.MetaClientCapabilities)
		return true
	}
	return false
}

// initialized is the result of initialize.
func (s *server) initialized(r *request) []byte {
	if !s.o.Surface {
		return []byte(`{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"fake","version":"1"},"instructions":"fake, legacy"}`)
	}
	s.mu.Lock()
	s.hello = slices.Clone(r.m.Params.Of(r.frame))
	s.mu.Unlock()
	version := mcp.Negotiate(r.text("protocolVersion"))
	return []byte(`{"protocolVersion":"` + version + `","capabilities":` + s.capabilities() + `,"serverInfo":` + s.info() + `,"instructions":` + quote(s.o.Name+", legacy") + `,"x-initialize":0.10}`)
}

// discovered is the result of server/discover.
func (s *server) discovered() []byte {
	if !s.o.Surface {
		return []byte(`{"resultType":"complete","supportedVersions":["` + mcp.Modern + `"],"capabilities":{"tools":{}},"serverInfo":{"name":"fake","version":"1"},"instructions":"fake, modern","ttlMs":0,"cacheScope":"private"}`)
	}
	return s.dress([]byte(`{"supportedVersions":["`+mcp.Modern+`"],"capabilities":`+s.capabilities()+`,"instructions":`+quote(s.o.Name+", modern")+`,"x-discover":0.10}`), true)
}

func (s *server) info() string {
	return `{"name":` + quote(s.o.Name) + `,"title":"<` + s.o.Name + `> & \u00e9","version":"1","websiteUrl":"https://example.invalid/","x-unknown":9007199254740993}`
}

// capabilities are those of the whole surface. Both eras have extensions; tasks
// of the legacy era are a capability, those of the modern one an extension.
func (s *server) capabilities() string {
	tasks, extensions := `"tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}},`, `"x.fake/extension":{"n":9007199254740993}`
	if s.modern() {
		tasks, extensions = "", extensions+`,"`+extensionTasks+`":{}`
	}
	return `{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{},"logging":{},` + tasks +
		`"experimental":{"x-fake":{"n":9007199254740993}},"extensions":{` + extensions + `},"x-capability":{"a":[0.10]}}`
}

// dress adds to a raw result what the modern era asks of it: what kind it is,
// whose it is and, for a list or a read, how long it holds. What is there
// already stays.
func (s *server) dress(result []byte, cached bool) []byte {
	if !s.modern() || !s.o.Surface || result[0] != '{' {
		return result
	}
	var more []byte
	add := func(name, value string) {
		if _, ok := jsonrpc.Find(result, jsonrpc.Span{End: len(result)}, name); !ok {
			more = append(more, `"`+name+`":`+value+`,`...)
		}
	}
	add("resultType", `"complete"`)
	if cached {
		add("ttlMs", "1234")
		add("cacheScope", `"private"`)
	}
	add("_meta", `{"`+metaServerInfo+`":`+s.info()+`}`)
	if len(more) > 0 && result[1] == '}' {
		more = more[:len(more)-1]
	}
	return slices.Concat(result[:1], more, result[1:])
}
