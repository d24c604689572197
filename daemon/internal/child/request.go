package child

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/flow"
)

// Request is one request for a server and where its answer goes. A Request is
// sent to at most one process, once.
type Request struct {
	Method  string
	Params  []byte        // raw JSON object, nil for none; not changed
	Name    string        // takes the place of params.name when it is not empty
	Timeout time.Duration // since it was sent or the last progress; 0 = none

	// Meta are members for params._meta that say to a modern server who asks:
	// Loom itself when it is nil, nothing when it is empty, because the params
	// have them.
	Meta []byte

	// Progress gets each progress notification, with the client's own token in
	// it. Nil, and the server is given no token. It must not block.
	Progress func(frame []byte)
	// Done gets the answer, exactly once, after all progress. It must not block.
	Done func(Answer)

	id    int64
	token []byte    // the client's own progress token, raw; guarded by the process
	due   time.Time // when its time is over; zero: never, or not now
	held  bool      // its time does not count: a person is being asked
}

// Answer is what became of a request: the server's response, or an error that
// says why there is none ([*ExitError], [*TimeoutError], [*jsonrpc.TooLargeError], …).
type Answer struct {
	Frame   []byte // the whole response; the id in it is ours
	Message jsonrpc.Message
	Err     error
	List    *flow.List // of the reader that runs Done, nil if it is none
}

// frame appends the request to b. It notes the client's progress token in r, and
// leaves all bytes of the params but the rewritten spans as they are.
func (r *Request) frame(b []byte, era Era, meta []byte) []byte {
	if r.Meta != nil {
		meta = r.Meta
	}
	var few [4]jsonrpc.Edit
	edits := few[:0]
	whole := jsonrpc.Span{End: len(r.Params)}
	hasMeta, empty := false, true
	jsonrpc.Members(r.Params, whole, func(name string, value jsonrpc.Span) bool {
		empty = false
		switch {
		case name == "name" && r.Name != "":
			edits = append(edits, jsonrpc.Edit{Span: value, With: jsonrpc.Quote(r.Name)})
		case name == "_meta" && r.Params[value.Start] == '{':
			hasMeta = true
			if era == Modern && len(meta) > 0 {
				edits = append(edits, insertMembers(r.Params, value, meta))
			}
			if token, ok := jsonrpc.Find(r.Params, value, "progressToken"); ok && r.Progress != nil {
				r.token = r.Params[token.Start:token.End]
				edits = append(edits, jsonrpc.Edit{Span: token, With: progressToken(r.id)})
			}
		}
		return true
	})
	params := r.Params
	if era == Modern && !hasMeta && len(meta) > 0 {
		if params == nil {
			params = []byte("{}")
		}
		if params[0] == '{' {
			own := append(append([]byte(`"_meta":{`), meta...), '}')
			if !empty {
				own = append(own, ',')
			}
			edits = append([]jsonrpc.Edit{{Span: jsonrpc.Span{Start: 1, End: 1}, With: own}}, edits...)
		}
	}
	b = slices.Grow(b, 96+len(r.Method)+len(params)+len(meta))
	b = strconv.AppendInt(append(b, `{"jsonrpc":"2.0","id":`...), r.id, 10)
	b = jsonrpc.AppendQuote(append(b, `,"method":`...), r.Method)
	if params != nil {
		b = jsonrpc.Splice(append(b, `,"params":`...), params, edits...)
	}
	return append(b, '}')
}

// insertMembers puts members at the head of the object at value.
func insertMembers(frame []byte, value jsonrpc.Span, members []byte) jsonrpc.Edit {
	inside := bytes.TrimSpace(frame[value.Start+1 : value.End-1])
	if len(inside) > 0 {
		members = append(bytes.Clone(members), ',')
	}
	at := value.Start + 1
	return jsonrpc.Edit{Span: jsonrpc.Span{Start: at, End: at}, With: members}
}

// ModernMeta is what Loom's own requests say of their sender to a modern
// server: its version and its capabilities, raw. Those of clients say what the
// client can.
func ModernMeta(version, capabilities string) []byte {
	b := append([]byte(nil), `"`+mcp.MetaProtocolVersion+`":"`+mcp.Modern+`","`+mcp.MetaClientCapabilities+`":`+capabilities+`,"`+mcp.MetaClientInfo+`":`...)
	return append(b, clientInfo(version)...)
}

func clientInfo(version string) []byte {
	return append(append([]byte(`{"name":"loom","version":`), jsonrpc.Quote(version)...), '}')
}

const tokenPrefix = "loom-"

func progressToken(id int64) []byte {
	return append(strconv.AppendInt([]byte(`"`+tokenPrefix), id, 10), '"')
}

func parseProgressToken(raw []byte) (int64, bool) {
	text, ok := jsonrpc.Text(raw)
	if !ok || len(text) <= len(tokenPrefix) || text[:len(tokenPrefix)] != tokenPrefix {
		return 0, false
	}
	id, err := strconv.ParseInt(text[len(tokenPrefix):], 10, 64)
	return id, err == nil
}
