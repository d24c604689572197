package session

import (
	"context"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/hub"
)

// own answers a call of one of Loom's own tools.
func (s *Session) own(_ context.Context, c *call, _ *hub.View, tool string) {
	answer, ok := s.svc.Own[tool]
	if !ok {
		s.refuse(c.id, loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{}, "loom has no tool %s", tool))
		return
	}
	s.sendOwn(c, answer())
}

// sendOwn sends a result of Loom's own, in the form of the client's era.
func (s *Session) sendOwn(c *call, result []byte) {
	if c.modern {
		edit := insert(result, jsonrpc.Span{End: len(result)}, []byte(`"resultType":"complete"`))
		result = jsonrpc.Splice(nil, result, edit)
	}
	s.send(jsonrpc.NewResult(c.id, result))
}

// readOwn reads a resource of Loom's own.
func (s *Session) readOwn(c *call, view *hub.View, uri string) ([]byte, bool) {
	result, ok := view.ReadOwn(uri)
	if ok && c.modern {
		edit := insert(result, jsonrpc.Span{End: len(result)}, []byte(`"resultType":"complete","ttlMs":0,"cacheScope":"private"`))
		result = jsonrpc.Splice(nil, result, edit)
	}
	return result, ok
}
