package clients

import (
	"encoding/json"
	"net/http"
)

// gemini is Google's Gemini API, as Gemini CLI uses it: streaming.
func (m *model) gemini(rw http.ResponseWriter, r *http.Request) {
	var q struct {
		Tools    []struct{ FunctionDeclarations []struct{ Name string } }
		Contents []struct {
			Parts []struct {
				FunctionResponse *struct {
					ID       string
					Response struct{ Output, Error string }
				}
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	t := turn{results: map[string]*toolResult{}}
	for _, tool := range q.Tools {
		for _, f := range tool.FunctionDeclarations {
			t.offered = append(t.offered, f.Name)
		}
	}
	for _, content := range q.Contents {
		for _, part := range content.Parts {
			if f := part.FunctionResponse; f != nil {
				t.results[f.ID] = &toolResult{text: f.Response.Output + f.Response.Error, failed: f.Response.Error != ""}
			}
		}
	}
	var parts []any
	for i, name := range m.next(t) {
		parts = append(parts, map[string]any{"functionCall": map[string]any{"id": callID(i), "name": name, "args": map[string]any{}}})
	}
	if len(parts) == 0 {
		parts = append(parts, map[string]any{"text": "done"})
	}
	rw.Header().Set("Content-Type", "text/event-stream")
	stream(rw, "", map[string]any{
		"candidates":    []any{map[string]any{"index": 0, "finishReason": "STOP", "content": map[string]any{"role": "model", "parts": parts}}},
		"usageMetadata": map[string]any{"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
	})
}
