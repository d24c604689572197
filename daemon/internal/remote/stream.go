package remote

import (
	"context"
	"net/http"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// listen keeps the legacy server's own stream open, on which it sends what
// belongs to no request (2025-11-25, "Listening for Messages from the Server").
// It ends with the bridge, or when the server has no such stream.
func (b *bridge) listen(ready <-chan struct{}) {
	<-ready
	b.mu.Lock()
	legacy := b.version != ""
	b.mu.Unlock()
	if !legacy {
		return
	}
	var pos position
	had := false
	for failures := 0; b.ctx.Err() == nil; {
		began := time.Now()
		resp, header, err := b.stream(b.ctx, pos.id)
		switch {
		case err != nil:
		case resp.StatusCode == http.StatusOK && contentType(resp) == typeEvents:
			had = true
			if b.readOwn(resp, &pos) || time.Since(began) > b.o.Timeouts.RetryMax {
				failures = 0
			}
			resp.Body.Close()
		default:
			text := readShort(resp)
			resp.Body.Close()
			switch {
			case had && b.sessionGone(header, resp, text, nil):
				return
			case passing(resp.StatusCode):
			case pos.id != "": // it may have forgotten that event, and have a stream all the same
				pos.id = ""
				continue
			default: // Spec: "or else return HTTP 405 Method Not Allowed". Some answer 404.
				if resp.StatusCode != http.StatusMethodNotAllowed {
					b.log("the server gives no stream of its own: %s%s", resp.Status, b.short(resp, text))
				}
				return
			}
		}
		failures++
		if !b.sleep(b.ctx, b.pause(failures, pos)) {
			return
		}
	}
}

// readOwn passes on what comes on the server's own stream until it ends. It
// reports whether there was anything.
func (b *bridge) readOwn(resp *http.Response, pos *position) (more bool) {
	events := newEvents(resp.Body, b.o.MaxFrame, pos)
	for {
		ev, err := events.next()
		if err != nil {
			return more
		}
		more = true
		if ev.size > len(ev.data) {
			b.log("dropped: %v", &jsonrpc.TooLargeError{Size: ev.size, Max: b.o.MaxFrame})
			continue
		}
		b.event(ev, func(frame []byte, m jsonrpc.Message) {
			if m.Kind() == jsonrpc.Invalid || isFailure(frame, m) && !hasID(frame, m) {
				b.log("dropped: JSON that is no JSON-RPC message, or an error of nobody's request")
				return
			}
			b.emit(frame)
		})
	}
}

// stream asks for the server's own stream, or for the rest of the one that the
// event lastID belongs to.
func (b *bridge) stream(ctx context.Context, lastID string) (*http.Response, http.Header, error) {
	h := b.legacyHeaders()
	h.Set("Accept", typeEvents)
	if lastID != "" {
		h.Set(headerLastEvent, lastID)
	}
	resp, err := b.do(ctx, http.MethodGet, nil, h)
	return resp, h, err
}

// pause is how long to wait before a stream is opened again: what the server
// asked for, else ours, and longer the more often it failed.
func (b *bridge) pause(failures int, pos position) time.Duration {
	d := b.o.Timeouts.Retry
	if pos.retry > 0 {
		d = pos.retry
	}
	return max(d, min(d<<min(failures-1, 10), b.o.Timeouts.RetryMax))
}

// passing is a status that may be another one in a moment.
func passing(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}
