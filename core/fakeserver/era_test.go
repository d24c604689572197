package fakeserver

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/core/mcp"
)

// TestModernDemandsMeta: a request without what the era asks for is refused.
func TestModernDemandsMeta(t *testing.T) {
	version, capabilities := `"`+mcp.MetaProtocolVersion+`":"2026-07-28"`, `"`+mcp.MetaClientCapabilities+`":{}`
	p := connect(t, Options{Era: "modern", Surface: true})
	for _, tc := range []struct{ meta, want string }{
		{``, `"code":-32602,"message":"_meta lacks ` + mcp.MetaProtocolVersion},
		{capabilities, `"code":-32602,"message":"_meta lacks ` + mcp.MetaProtocolVersion},
		{version, `"code":-32602,"message":"_meta lacks ` + mcp.MetaClientCapabilities},
		{strings.Replace(version, "2026-07-28", "2025-11-25", 1) + "," + capabilities, `"code":-32022,"message":"no protocol version \"2025-11-25\"","data":{"supported":["2026-07-28"],"requested":"2025-11-25"}`},
		{version + "," + capabilities, `"result":{"resultType":"complete"`},
	} {
		for _, method := range []string{"server/discover", "tools/list"} {
			answer, _ := p.ask(method, `{"_meta":{`+tc.meta+`}}`)
			wants(t, answer, tc.want)
		}
	}
	answer, _ := p.ask("initialize", `{}`)
	wants(t, answer, `"code":-32601`)
}

// TestVersions: a legacy server with the surface answers in the revision that it
// is asked for, and in its newest if it does not know that.
func TestVersions(t *testing.T) {
	for asked, want := range map[string]string{"2025-06-18": "2025-06-18", "2024-11-05": "2024-11-05", "2026-07-28": "2025-11-25"} {
		p := connect(t, Options{Surface: true})
		answer, _ := p.ask("initialize", `{"protocolVersion":"`+asked+`","capabilities":{},"clientInfo":{}}`)
		is(t, "the version", member(answer, "result", "protocolVersion"), `"`+want+`"`)
	}
}

// TestEarly: a server says that its lists changed before it is asked who it is.
func TestEarly(t *testing.T) {
	for surface, want := range map[bool]int{false: 1, true: 3} {
		p := connect(t, Options{Surface: surface, Early: true})
		_, before := p.ask("initialize", `{"protocolVersion":"2025-11-25"}`)
		if len(before) != want || strings.Count(strings.Join(before, ""), "/list_changed") != want {
			t.Errorf("before the answer came %q", before)
		}
	}
}
