package results

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/loom-core/loom/core/jsonrpc"
)

// TooLarge is a result that cannot be passed on: what is over the limit is not
// text and would be worthless cut.
type TooLarge struct {
	Message string
	ID      string // of the kept result; empty if it could not be kept
	Bytes   int64  // that are not text
	Limit   int64
}

func (e *TooLarge) Error() string { return e.Message }

// Result is the error as the result of a tools/call.
func (e *TooLarge) Result() []byte { return toolError(e.Message) }

// refuse keeps a result and makes the error that stands for it.
func (s *Store) refuse(frame []byte, result jsonrpc.Span, l Limits, of Source, size int64) *TooLarge {
	m, err := s.Put(result.Of(frame), Meta{Server: of.Server, Tool: of.Tool, Name: of.Name, Kind: of.Kind, View: viewOfRefused(frame, result), Page: l.Text})
	e := &TooLarge{ID: m.ID, Bytes: size, Limit: l.Structured}
	e.Message = fmt.Sprintf("the result of %s is too large: %d bytes of it are not text (structured content, images or the like), %d are allowed (max_structured_bytes of server %s)", of.Name, size, l.Structured, of.Server)
	switch {
	case err != nil:
		s.opts.Log.Warn("a result is lost", "server", of.Server, "tool", of.Tool, "err", err)
		e.Message += ". It could not be kept either: " + reason(err)
	case of.NoReadTool:
		e.Message += ". It can be read as the resource " + URI(m.ID)
	default:
		e.Message += fmt.Sprintf(". It can be read with %s or as the resource %s", readCall(m.ID, 0), URI(m.ID))
	}
	return e
}

// viewOfRefused is the view that loses nothing of a result of which the client
// gets nothing: its texts if structuredContent says no more than they do (a
// server should give both: 2025-11-25, "Structured Content") and nothing else
// is large, else the JSON.
func viewOfRefused(frame []byte, result jsonrpc.Span) View {
	structured, ok := jsonrpc.Find(frame, result, "structuredContent")
	if !ok {
		return JSON
	}
	items := 0
	content, _ := jsonrpc.Find(frame, result, "content")
	jsonrpc.Elements(frame, content, func(jsonrpc.Span) bool { items++; return items < 2 })
	view := JSON
	if items == 1 {
		eachText(frame, result, ToolResult, func(t text) {
			if s, _ := jsonrpc.Text(t.Of(frame)); sameJSON([]byte(s), structured.Of(frame)) {
				view = Text
			}
		})
	}
	return view
}

func sameJSON(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// toolError is a result that tells the model what went wrong.
func toolError(message string) []byte {
	raw, _ := jsonrpc.Marshal(map[string]any{ // strings only
		"content": []any{map[string]any{"type": "text", "text": message}}, "isError": true,
	})
	return raw
}
