package session

import (
	"bytes"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/results"
	"github.com/loom-core/loom/registry"
)

// bounds is what a result of a call is held to.
type bounds struct {
	limits results.Limits
	source results.Source
}

// bound says what the result of c is held to. definition is that of the tool.
func bound(c *call, view *hub.View, server registry.Server, definition []byte) bounds {
	b := bounds{source: results.Source{Server: c.of, Tool: c.name, Name: c.exposed, NoReadTool: view.Bare}}
	switch c.method {
	case mcp.ToolsCall:
	case mcp.ResourcesRead:
		b.source.Kind, b.source.Name = results.ResourceContents, c.uri
	default:
		return bounds{}
	}
	b.limits.Text, b.limits.Structured = server.ResultLimits(c.name)
	if bytes.Contains(definition, []byte("maxResultSizeChars")) && b.limits.Text > 0 {
		if chars, ok := results.MaxResultChars(definition); ok {
			b.limits.Text = max(b.limits.Text, chars)
		}
	}
	return b
}

// over reports whether a result of that size has to be looked at.
func (b bounds) over(size int) bool {
	return b.limits.Text > 0 && int64(size) > b.limits.Text || b.limits.Structured > 0 && int64(size) > b.limits.Structured
}

// sendBounded cuts a result to its bounds and sends it. The whole goes to disk,
// so this is not for a server's reader.
func (s *Session) sendBounded(c *call, a child.Answer, edits []jsonrpc.Edit) {
	defer s.answering.Add(-1)
	cuts, large := s.svc.Results.Bound(a.Frame, a.Message.Result, c.bounds.limits, c.bounds.source)
	switch {
	case large == nil:
		s.sendEdited(nil, a.Frame, append(edits, cuts...))
	case c.method == mcp.ToolsCall:
		result := large.Result()
		if c.modern {
			result = jsonrpc.Splice(nil, result, insert(result, jsonrpc.Span{End: len(result)}, []byte(`"resultType":"complete"`)))
		}
		s.send(jsonrpc.NewResult(c.id, result))
	default:
		s.fail(c.id, loomrpc.Errorf(loomrpc.CodeTooLarge, loomrpc.ErrorData{Stage: "call", Server: c.of}, "%s", large.Message))
	}
}
