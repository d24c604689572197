package clients

import (
	"encoding/json"
	"net/http"
)

// completions is OpenAI's Chat Completions API, which clients speak to models of
// their users' own: streaming.
func (m *model) completions(rw http.ResponseWriter, r *http.Request) {
	var q struct {
		Model    string
		Tools    []struct{ Function struct{ Name string } }
		Messages []struct {
			Role       string
			ToolCallID string `json:"tool_call_id"`
			Content    json.RawMessage
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	t := turn{results: map[string]*toolResult{}}
	for _, tool := range q.Tools {
		t.offered = append(t.offered, tool.Function.Name)
	}
	for _, message := range q.Messages {
		if message.Role == "tool" {
			t.results[message.ToolCallID] = &toolResult{text: words(message.Content)}
		}
	}
	delta, finish := map[string]any{"role": "assistant"}, "stop"
	var calls []any
	for i, name := range m.next(t) {
		calls = append(calls, map[string]any{"index": i, "id": callID(i), "type": "function",
			"function": map[string]any{"name": name, "arguments": "{}"}})
	}
	if len(calls) > 0 {
		delta["tool_calls"], finish = calls, "tool_calls"
	} else {
		delta["content"] = "done"
	}
	rw.Header().Set("Content-Type", "text/event-stream")
	for _, choice := range []map[string]any{{"delta": delta}, {"delta": map[string]any{}, "finish_reason": finish}} {
		choice["index"] = 0
		stream(rw, "", map[string]any{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": q.Model, "choices": []any{choice}})
	}
	stream(rw, "", map[string]any{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": q.Model, "choices": []any{},
		"usage": map[string]any{"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
	rw.Write([]byte("data: [DONE]\n\n"))
}
