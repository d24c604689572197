package session

import (
	"slices"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/flow"
)

// look is what loomd has to know of a result, found in one pass over it.
type look struct {
	kind    string // resultType; empty for a legacy server
	isError bool
	task    string       // id of the task that it is about
	status  string       // of that task
	meta    jsonrpc.Span // _meta
	inputs  jsonrpc.Span // inputRequests
	state   jsonrpc.Span // requestState
	empty   bool         // it has no members
}

func lookAt(frame []byte, result jsonrpc.Span) look {
	r := look{empty: true}
	jsonrpc.Members(frame, result, func(name string, value jsonrpc.Span) bool {
		r.empty = false
		switch name {
		case "resultType":
			r.kind = text(frame, value)
		case "isError":
			r.isError = string(value.Of(frame)) == "true"
		case "task": // 2025-11-25, CreateTaskResult
			id, _ := jsonrpc.Find(frame, value, "taskId")
			r.task = text(frame, id)
		case "taskId":
			r.task = text(frame, value)
		case "status":
			r.status = text(frame, value)
		case "_meta":
			r.meta = value
		case "inputRequests":
			r.inputs = value
		case "requestState":
			r.state = value
		}
		return true
	})
	return r
}

// answer sends a server's result to the client.
func (s *Session) answer(c *call, a child.Answer, r look) {
	outcome := outcomeOK
	if r.isError {
		outcome = outcomeToolError
	}
	s.ended(c, outcome, len(a.Frame))
	s.noteTask(c, r)
	s.noteGiven(c.server, a.Message.Result.Of(a.Frame))
	var few [4]jsonrpc.Edit
	edits := append(few[:0], jsonrpc.Edit{Span: a.Message.ID, With: c.id})
	if c.modern && r.kind == "" {
		edits = append(edits, s.modernise(c, a, r)...)
	}
	if c.bounds.over(a.Message.Result.End - a.Message.Result.Start) {
		s.answering.Add(1)
		go s.sendBounded(c, a, slices.Clone(edits)) // ends when the disk has answered; the queue takes it or is closed
		return
	}
	s.sendEdited(a.List, a.Frame, edits)
}

// sendEdited queues a frame in pieces, so that a large one is not copied.
func (s *Session) sendEdited(l *flow.List, frame []byte, edits []jsonrpc.Edit) {
	var few [9][]byte
	parts := few[:0]
	at := 0
	for _, e := range sorted(edits) {
		parts = append(parts, frame[at:e.Start], e.With)
		at = e.End
	}
	s.sendOn(l, append(parts, frame[at:])...)
}

// modernise gives a legacy server's result the members that the modern era
// demands of one (2026-07-28, "Results").
func (s *Session) modernise(c *call, a child.Answer, r look) []jsonrpc.Edit {
	if a.Frame[a.Message.Result.Start] != '{' {
		return nil // no result of MCP, and no place for members
	}
	head := []byte(`"resultType":"` + mcp.ResultComplete + `"`)
	if c.method == mcp.ResourcesRead {
		head = append(head, `,"ttlMs":0,"cacheScope":"private"`...)
	}
	var edits []jsonrpc.Edit
	info := c.instance.ServerInfo()
	if len(info) > 0 {
		named := append([]byte(`"`+mcp.MetaServerInfo+`":`), info...)
		if r.meta.Present() && a.Frame[r.meta.Start] == '{' {
			if _, has := jsonrpc.Find(a.Frame, r.meta, mcp.MetaServerInfo); !has {
				edits = append(edits, insert(a.Frame, r.meta, named))
			}
		} else {
			head = append(append(append(head, `,"_meta":{`...), named...), '}')
		}
	}
	return append(edits, insert(a.Frame, a.Message.Result, head))
}

// insert puts members at the head of the object at value.
func insert(frame []byte, value jsonrpc.Span, members []byte) jsonrpc.Edit {
	empty := true
	jsonrpc.Members(frame, value, func(string, jsonrpc.Span) bool {
		empty = false
		return false
	})
	if !empty {
		members = append(members[:len(members):len(members)], ',')
	}
	at := value.Start + 1
	return jsonrpc.Edit{Span: jsonrpc.Span{Start: at, End: at}, With: members}
}
