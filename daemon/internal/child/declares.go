package child

import "github.com/loom-core/loom/core/jsonrpc"

// Declares reports whether the server's capabilities have a member of that
// path, such as "resources", "subscribe", which is not false.
func (p *Process) Declares(path ...string) bool {
	raw := p.info.Capabilities
	span, ok := jsonrpc.Find(raw, jsonrpc.Span{End: len(raw)}, path...)
	if !ok {
		return false
	}
	value := string(span.Of(raw))
	return value != "false" && value != "null"
}
