package child

import (
	"context"
	"fmt"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// ListKind is one of the lists that a server may have.
type ListKind = mcp.List

// Definition is one element of a list as the server defines it, raw, and its
// name: of a resource that is its URI, of a template the template.
type Definition struct {
	Name string
	Raw  []byte
}

// maxPages bounds a server that never stops paging.
const maxPages = 1000

// List reads all pages of one list. A server that declares no such capability
// is not asked, and one that knows no such method has an empty list.
func (p *Process) List(ctx context.Context, k ListKind) ([]Definition, error) {
	// Tools are asked for in any case: servers of little else forget to say so.
	if k.Capability != mcp.ToolList.Capability && !p.Declares(k.Capability) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errSilent)
	defer cancel()
	var all []Definition
	var params []byte
	for range maxPages {
		a, err := p.Call(ctx, k.Method, params)
		if err != nil {
			return nil, fmt.Errorf("asking %s for %s: %w", p.spec.Server, k.Method, err)
		}
		if a.Message.Error.Present() {
			if code, ok := jsonrpc.Find(a.Frame, a.Message.Error, "code"); ok && string(code.Of(a.Frame)) == "-32601" {
				return nil, nil
			}
			return nil, fmt.Errorf("asking %s for %s: %s", p.spec.Server, k.Method, a.Message.Error.Of(a.Frame))
		}
		list, _ := jsonrpc.Find(a.Frame, a.Message.Result, k.Member)
		jsonrpc.Elements(a.Frame, list, func(element jsonrpc.Span) bool {
			if span, ok := jsonrpc.Find(a.Frame, element, k.Identity); ok {
				if name, ok := jsonrpc.Text(span.Of(a.Frame)); ok {
					all = append(all, Definition{Name: name, Raw: element.Of(a.Frame)})
				}
			}
			return true
		})
		next, ok := jsonrpc.Find(a.Frame, a.Message.Result, "nextCursor")
		if cursor, isText := jsonrpc.Text(next.Of(a.Frame)); !ok || !isText || cursor == "" {
			return all, nil
		}
		params = append(append([]byte(`{"cursor":`), next.Of(a.Frame)...), '}')
	}
	return nil, fmt.Errorf("asking %s for %s: more than %d pages", p.spec.Server, k.Method, maxPages)
}
