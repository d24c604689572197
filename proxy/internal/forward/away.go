package forward

import (
	"encoding/json"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// awayStatus is the one tool while loomd is away. loomd has it too.
const awayStatus = loomrpc.ServerPrefix + "__status"

// awayLists are the lists while loomd is away.
var awayLists = map[string]string{
	mcp.ToolsList:     `{"tools":[{"name":"` + awayStatus + `","title":"Loom status","description":"Says why Loom's servers cannot be reached and how to mend it.","inputSchema":{"type":"object","properties":{}},"annotations":{"title":"Loom status","readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}]}`,
	mcp.PromptsList:   `{"prompts":[]}`,
	mcp.ResourcesList: `{"resources":[]}`,
	mcp.TemplatesList: `{"resourceTemplates":[]}`,
}

const awayHint = "loom start (and: loom logs loomd)"

// answerAway answers a request without loomd. An error to initialize would
// lose the client for its whole session, so it gets a session whose only tool
// says what is wrong.
func (p *Proxy) answerAway(h *held) {
	id := h.id()
	cause := p.whyAway()
	list, isList := awayLists[h.method]
	switch {
	case h.method == mcp.Initialize:
		result, err := p.initializeAway(h, cause+"\nhint: "+awayHint)
		if err != nil {
			p.reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "reading the params of initialize: %v", err)))
			return
		}
		p.acceptAway(h)
		p.noteTold()
		p.reply(jsonrpc.NewResult(id, result))
	case h.method == mcp.Discover:
		result, err := mcp.DiscoverResult(p.opts.Hello.Version, cause+"\nhint: "+awayHint, 0)
		if err != nil {
			p.reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInternal, "encoding the answer to %s: %v", h.method, err)))
			return
		}
		p.noteTold()
		p.reply(jsonrpc.NewResult(id, result))
	case h.method == mcp.Ping:
		p.reply(jsonrpc.NewResult(id, []byte("{}")))
	case h.method == mcp.SetLevel, h.method == mcp.ResourcesUnsubscribe: // the next loomd is told, or not
		p.acceptAway(h)
		p.reply(jsonrpc.NewResult(id, []byte("{}")))
	case isList:
		p.noteTold()
		p.reply(jsonrpc.NewResult(id, p.ofEra(h, list, `"ttlMs":0,"cacheScope":"private",`)))
	case h.method == mcp.ToolsCall && toolOf(h.frame, h.msg) == awayStatus:
		text, _ := json.Marshal(cause + "\nhint: " + awayHint)
		p.reply(jsonrpc.NewResult(id, p.ofEra(h, `{"content":[{"type":"text","text":`+string(text)+`}]}`, "")))
	default:
		e := loomrpc.Errorf(loomrpc.CodeDaemonGone, loomrpc.ErrorData{Stage: "connect", Retryable: true, Hint: awayHint}, "%s; the request was not sent", cause)
		p.reply(jsonrpc.NewError(id, e.Wire()))
	}
}

func (p *Proxy) whyAway() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away == nil {
		return "loomd cannot be reached"
	}
	return "loomd cannot be reached: " + p.away.Error()
}

// noteTold remembers that the client has what loomd would not have said.
func (p *Proxy) noteTold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = true
	for _, l := range p.listens {
		l.stale = true
	}
}

func (p *Proxy) acceptAway(h *held) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session.accepted(h.method, h.frame)
}

func (p *Proxy) initializeAway(h *held, instructions string) ([]byte, error) {
	var params struct {
		ProtocolVersion string `json:"protocolVersion"`
	}
	if err := json.Unmarshal(h.msg.Params.Of(h.frame), &params); err != nil {
		return nil, err
	}
	return mcp.InitializeResult(params.ProtocolVersion, p.opts.Hello.Version, instructions)
}

// ofEra adds to a result, an object with members, what the modern era demands
// of every result and what more it demands of this one.
func (p *Proxy) ofEra(h *held, result, more string) []byte {
	if _, modern := jsonrpc.Find(h.frame, h.msg.Params, "_meta", mcp.MetaProtocolVersion); !modern {
		return []byte(result)
	}
	return []byte(result[:len(result)-1] + `,"resultType":"complete",` + more + `"_meta":{"` + mcp.MetaServerInfo + `":` + string(mcp.ServerInfo(p.opts.Hello.Version)) + `}}`)
}
