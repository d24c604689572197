package forward

import (
	"encoding/json"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// awayStatus is the one tool while loomd is away. loomd has it too.
const awayStatus = loomrpc.ServerPrefix + "__status"

var awayTools = []byte(`{"tools":[{"name":"` + awayStatus + `","title":"Loom status","description":"Says why Loom's servers cannot be reached and how to mend it.","inputSchema":{"type":"object","properties":{}},"annotations":{"title":"Loom status","readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}]}`)

// answerAway answers a request without loomd. An error to initialize would
// lose the client for its whole session, so it gets a session whose only tool
// says what is wrong.
func (p *Proxy) answerAway(frame []byte, m jsonrpc.Message, method string) {
	id := m.ID.Of(frame)
	p.mu.Lock()
	cause := "loomd cannot be reached"
	if p.away != nil {
		cause += ": " + p.away.Error()
	}
	p.told = p.told || method == mcp.Initialize || method == mcp.ToolsList
	p.mu.Unlock()
	const hint = "loom start (and: loom logs loomd)"
	switch method {
	case mcp.Initialize:
		result, err := p.initializeAway(frame, m, cause+"\nhint: "+hint)
		if err != nil {
			p.reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "reading the params of initialize: %v", err)))
			return
		}
		p.mu.Lock()
		p.initialize = frame
		p.mu.Unlock()
		p.reply(jsonrpc.NewResult(id, result))
	case mcp.Discover: // as loomd answers it: the client falls back to initialize
		p.reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "method %s is not supported", method)))
	case mcp.Ping:
		p.reply(jsonrpc.NewResult(id, []byte("{}")))
	case mcp.ToolsList:
		p.reply(jsonrpc.NewResult(id, awayTools))
	case mcp.ToolsCall:
		if toolOf(frame, m) == awayStatus {
			text, _ := json.Marshal(cause + "\nhint: " + hint)
			p.reply(jsonrpc.NewResult(id, []byte(`{"content":[{"type":"text","text":`+string(text)+`}]}`)))
			return
		}
		fallthrough
	default:
		e := loomrpc.Errorf(loomrpc.CodeDaemonGone, loomrpc.ErrorData{Stage: "connect", Retryable: true, Hint: hint}, "%s; the request was not sent", cause)
		p.reply(jsonrpc.NewError(id, e.Wire()))
	}
}

func (p *Proxy) initializeAway(frame []byte, m jsonrpc.Message, instructions string) ([]byte, error) {
	var params struct {
		ProtocolVersion string `json:"protocolVersion"`
	}
	if err := json.Unmarshal(m.Params.Of(frame), &params); err != nil {
		return nil, err
	}
	return mcp.InitializeResult(params.ProtocolVersion, p.opts.Hello.Version, instructions)
}
