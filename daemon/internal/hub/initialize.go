package hub

import (
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/catalog"
)

// discoverTTL is how long a client may take the answer to server/discover for
// true. No notification says that it changed, as a reload or a server that was
// just learnt does; with 5s a client that starts does not ask twice, and one
// that asks again later has it right.
const discoverTTL = 5 * time.Second

// Initialize is the result of an initialize that asks for that revision.
// version is Loom's own.
func (v *View) Initialize(asked, version string) []byte {
	if v.mirror != nil {
		return v.mirror.initialize(asked, version)
	}
	raw, _ := mcp.InitializeResult(asked, version, v.joined) // strings only
	return v.extra.into(raw)
}

// Discover is the result of server/discover.
func (v *View) Discover(version string) []byte {
	if v.mirror != nil {
		return v.mirror.discover(version)
	}
	raw, _ := mcp.DiscoverResult(version, v.joined, discoverTTL) // strings only
	return v.extra.into(raw)
}

// mirror is a server under its own names: what it says of itself, which
// clients get as it is. What it did not say is nil.
type mirror struct {
	info         []byte
	capabilities []byte
	instructions string
}

func newMirror(e *catalog.Entry) *mirror {
	m := &mirror{capabilities: []byte("{}"), instructions: e.Instructions}
	if len(e.Info) > 0 && e.Info[0] == '{' {
		m.info = e.Info
	}
	if len(e.Capabilities) > 0 && e.Capabilities[0] == '{' {
		m.capabilities = announcing(e.Capabilities)
	}
	return m
}

// announcing is capabilities with listChanged where there are lists: whether
// the server tells of changes or not, Loom does.
func announcing(raw []byte) []byte {
	var edits []jsonrpc.Edit
	jsonrpc.Members(raw, jsonrpc.Span{End: len(raw)}, func(name string, value jsonrpc.Span) bool {
		if name != "tools" && name != "prompts" && name != "resources" || raw[value.Start] != '{' {
			return true
		}
		if old, ok := jsonrpc.Find(raw, value, "listChanged"); ok {
			edits = append(edits, jsonrpc.Edit{Span: old, With: []byte("true")})
			return true
		}
		with := `"listChanged":true`
		jsonrpc.Members(raw, value, func(string, jsonrpc.Span) bool { with += ","; return false })
		edits = append(edits, jsonrpc.Edit{Span: jsonrpc.Span{Start: value.Start + 1, End: value.Start + 1}, With: []byte(with)})
		return true
	})
	return jsonrpc.Splice(nil, raw, edits...)
}

func (m *mirror) initialize(asked, version string) []byte {
	b := append([]byte(`{"protocolVersion":`), jsonrpc.Quote(mcp.Negotiate(asked))...)
	b = m.rest(b)
	b = append(append(b, `,"serverInfo":`...), m.name(version)...)
	return append(b, '}')
}

func (m *mirror) discover(version string) []byte {
	b := []byte(`{"resultType":"complete","supportedVersions":["` + mcp.Modern + `"`)
	for _, legacy := range mcp.LegacyVersions {
		b = append(append(b, ','), jsonrpc.Quote(legacy)...)
	}
	b = m.rest(append(b, ']'))
	b = append(append(b, `,"ttlMs":`...), jsonrpc.ID(discoverTTL.Milliseconds())...)
	b = append(append(b, `,"cacheScope":"private","_meta":{"`+mcp.MetaServerInfo+`":`...), m.name(version)...)
	return append(b, "}}"...)
}

func (m *mirror) rest(b []byte) []byte {
	b = append(append(b, `,"capabilities":`...), m.capabilities...)
	if m.instructions != "" {
		b = append(append(b, `,"instructions":`...), jsonrpc.Quote(m.instructions)...)
	}
	return b
}

func (m *mirror) name(version string) []byte {
	if m.info == nil {
		return mcp.ServerInfo(version)
	}
	return m.info
}
