package bridge

import (
	"fmt"
	"net/http"

	"github.com/loom-core/loom/core/jsonrpc"
)

// answer writes what comes for a request: the answer alone as JSON, or, if
// something comes before it, all of it as a stream of events.
func answer(w http.ResponseWriter, r *http.Request, c *child, asked *request, modern bool) {
	var events *stream
	for {
		frame, err := asked.frames.next(r.Context())
		if err != nil {
			if modern { // the end of its stream cancels a request; before, it did not
				c.drop(asked)
			}
			return
		}
		m, _ := jsonrpc.Scan(frame) // came from a scanned frame
		last := m.Kind() == jsonrpc.Response
		switch {
		case last && events == nil:
			code := http.StatusOK
			if modern {
				code = status(frame, m)
			}
			alone(w, code, frame)
			return
		case events == nil:
			events = newStream(w)
		}
		events.send(frame)
		if last {
			return
		}
	}
}

// alone writes one message as JSON.
func alone(w http.ResponseWriter, code int, frame []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(frame)
}

// stream is a response of server-sent events.
type stream struct {
	w     http.ResponseWriter
	flush *http.ResponseController
}

func newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	s := &stream{w, http.NewResponseController(w)}
	w.WriteHeader(http.StatusOK)
	s.flush.Flush()
	return s
}

// send writes a message. An error is no matter: the request's context ends.
func (s *stream) send(frame []byte) {
	fmt.Fprintf(s.w, "event: message\ndata: %s\n\n", frame)
	s.flush.Flush()
}
