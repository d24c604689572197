package serve

import (
	"context"
	"encoding/json"
)

type requestKey struct{}

// request is what a handler's context knows about the message it handles.
type request struct {
	session *session
	token   json.RawMessage // of progress, as the client wrote it; nil if it wants none
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
	params := map[string]any{"progressToken": r.token, "progress": progress}
	if total > 0 {
		params["total"] = total
	}
	if message != "" {
		params["message"] = message
	}
	_ = r.session.notify(ctx, "notifications/progress", params) // fails with ctx only
}
