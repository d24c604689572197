package serve

import (
	"context"
	"encoding/json"

	"github.com/loom-core/loom/core/jsonrpc"
)

type requestKey struct{}

// request is what a handler's context knows about the message it handles.
type request struct {
	w     *writer
	call  *call
	token json.RawMessage // of progress, as the client wrote it; nil if it wants none
}

// Progress tells the client how far the call of ctx is; total 0 means unknown,
// an empty message is left out. It does nothing when the client did not ask
// for progress or the call was cancelled. It waits when the client reads
// slowly: nothing is dropped and nothing comes after the response.
func Progress(ctx context.Context, progress, total float64, message string) {
	r, _ := ctx.Value(requestKey{}).(*request)
	if r == nil || r.token == nil || ctx.Err() != nil {
		return
	}
	params, err := json.Marshal(struct {
		Token    json.RawMessage `json:"progressToken"`
		Progress float64         `json:"progress"`
		Total    float64         `json:"total,omitempty"`
		Message  string          `json:"message,omitempty"`
	}{r.token, progress, total, message})
	if err != nil {
		return // NaN or infinity is no progress
	}
	r.w.sendPart(ctx, jsonrpc.NewNotification("notifications/progress", params), r.call)
}
