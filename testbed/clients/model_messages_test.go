package clients

import (
	"encoding/json"
	"net/http"
	"strings"
)

// messages is Anthropic's Messages API, as Claude Code uses it: streaming.
func (m *model) messages(rw http.ResponseWriter, r *http.Request) {
	var q struct {
		Model    string
		Tools    []struct{ Name string }
		Messages []struct{ Content json.RawMessage } // a text, or blocks
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	t := turn{results: map[string]*toolResult{}}
	for _, tool := range q.Tools {
		t.offered = append(t.offered, tool.Name)
	}
	for _, message := range q.Messages {
		var blocks []struct {
			Type      string
			ToolUseID string `json:"tool_use_id"`
			IsError   bool   `json:"is_error"`
			Content   json.RawMessage
		}
		json.Unmarshal(message.Content, &blocks) // a text has none
		for _, b := range blocks {
			if b.Type == "tool_result" {
				t.results[b.ToolUseID] = &toolResult{text: words(b.Content), failed: b.IsError}
			}
		}
	}
	calls := m.next(t)
	rw.Header().Set("Content-Type", "text/event-stream")
	event := func(kind string, fields map[string]any) {
		fields["type"] = kind
		stream(rw, kind, fields)
	}
	event("message_start", map[string]any{"message": map[string]any{
		"id": "msg_1", "type": "message", "role": "assistant", "model": q.Model, "content": []any{},
		"usage": map[string]any{"input_tokens": 1, "output_tokens": 1},
	}})
	block := func(i int, start, delta map[string]any) {
		event("content_block_start", map[string]any{"index": i, "content_block": start})
		event("content_block_delta", map[string]any{"index": i, "delta": delta})
		event("content_block_stop", map[string]any{"index": i})
	}
	stop := "tool_use"
	for i, name := range calls {
		block(i, map[string]any{"type": "tool_use", "id": callID(i), "name": name, "input": map[string]any{}},
			map[string]any{"type": "input_json_delta", "partial_json": "{}"})
	}
	if len(calls) == 0 {
		stop = "end_turn"
		block(0, map[string]any{"type": "text", "text": ""}, map[string]any{"type": "text_delta", "text": "done"})
	}
	event("message_delta", map[string]any{"delta": map[string]any{"stop_reason": stop}, "usage": map[string]any{"output_tokens": 1}})
	event("message_stop", map[string]any{})
}

// words joins the texts of a content, which is a text or blocks.
func words(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	var blocks []struct{ Text string }
	json.Unmarshal(content, &blocks) // what else there is has no text
	var all []string
	for _, b := range blocks {
		all = append(all, b.Text)
	}
	return strings.Join(all, "\n")
}
