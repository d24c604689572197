package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Content types of answers.
const (
	typeJSON   = "application/json"
	typeEvents = "text/event-stream"
)

func contentType(resp *http.Response) string {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return kind
}

// receive passes on the answer to a request, in whichever form it comes.
func (b *bridge) receive(c *call, resp *http.Response) {
	kind := contentType(resp)
	switch {
	case resp.StatusCode >= 300:
		b.receiveRefusal(c, resp)
	case kind == typeEvents:
		b.follow(c, resp)
	case resp.StatusCode == http.StatusAccepted || resp.StatusCode == http.StatusNoContent:
		b.fail(c, b.failed(c, "took the request and gave no answer (%s)", resp.Status))
	case kind == typeJSON || kind == "":
		b.receiveBody(c, resp)
	default:
		e := b.failed(c, "answered with %s where JSON was expected%s", kind, b.short(resp, readShort(resp)))
		e.Data.Hint = "check url in the registry: this may be a web page, or one that asks for a login"
		b.fail(c, e)
	}
}

// receiveBody reads an answer that is one JSON document.
func (b *bridge) receiveBody(c *call, resp *http.Response) {
	var body bytes.Buffer
	body.Grow(int(min(max(resp.ContentLength, 0), int64(b.o.MaxFrame)) + bytes.MinRead))
	_, err := body.ReadFrom(io.LimitReader(resp.Body, int64(b.o.MaxFrame)+1))
	switch {
	case err != nil:
		b.fail(c, b.broken(c, err))
		return
	case body.Len() > b.o.MaxFrame:
		b.fail(c, b.tooLarge(c, int(max(resp.ContentLength, int64(body.Len())))))
		return
	}
	if err := b.messages(body.Bytes(), func(frame []byte, m jsonrpc.Message) { b.deliver(c, resp, frame, m) }); err != nil {
		b.fail(c, b.failed(c, "answered with what is no JSON-RPC message: %v", err))
		return
	}
	b.fail(c, b.failed(c, "answered, but not to this request")) // unless it did
}

// messages calls yield for the message in text, or for each of a batch, which
// servers of 2025-03-26 may send.
func (b *bridge) messages(text []byte, yield func(frame []byte, m jsonrpc.Message)) error {
	text = bytes.TrimSpace(text)
	m, err := jsonrpc.Scan(text)
	if err == nil {
		yield(text, m)
		return nil
	}
	if !errors.Is(err, jsonrpc.ErrBatch) || !json.Valid(text) {
		return err
	}
	jsonrpc.Elements(text, jsonrpc.Span{End: len(text)}, func(element jsonrpc.Span) bool {
		frame := element.Of(text)
		if m, err := jsonrpc.Scan(frame); err != nil {
			b.log("dropped from a batch: %v", err)
		} else {
			yield(frame, m)
		}
		return true
	})
	return nil
}

// follow reads the stream that answers c, and goes on where it broke if the
// server makes that possible (2025-11-25, "Resumability and Redelivery").
func (b *bridge) follow(c *call, resp *http.Response) {
	var pos position
	for failures := 0; ; {
		more, err := b.readEvents(c, resp, &pos)
		resp.Body.Close()
		if c.answered || c.ctx.Err() != nil {
			return
		}
		if c.modern != "" || c.method == mcp.Initialize || pos.id == "" { // 2026-07-28: "Resumable SSE streams … are not supported"
			b.fail(c, b.broken(c, err))
			return
		}
		if more {
			failures = 0
		}
		for resp = nil; resp == nil; {
			if failures++; failures > maxResumes || !b.sleep(c.ctx, b.pause(failures, pos)) {
				b.fail(c, b.broken(c, err))
				return
			}
			var final bool
			if resp, final = b.resume(c, pos); final {
				b.fail(c, b.broken(c, err))
				return
			}
		}
	}
}

// maxResumes is how often in a row a stream is asked for in vain.
const maxResumes = 5

// resume asks for the rest of a stream. final says that there is none.
func (b *bridge) resume(c *call, pos position) (resp *http.Response, final bool) {
	resp, header, err := b.stream(c.ctx, pos.id)
	if err != nil {
		return nil, false
	}
	if resp.StatusCode == http.StatusOK && contentType(resp) == typeEvents {
		return resp, false
	}
	defer resp.Body.Close()
	text := readShort(resp)
	b.log("the server does not resume a stream that broke: %s%s", resp.Status, b.short(resp, text))
	return nil, b.sessionGone(header, resp, text, nil) || !passing(resp.StatusCode)
}

// readEvents passes on what comes on one connection. It returns when the stream
// ends, or soon after the answer; more says that there was something in it.
func (b *bridge) readEvents(c *call, resp *http.Response, pos *position) (more bool, err error) {
	events := newEvents(resp.Body, b.o.MaxFrame, pos)
	for {
		ev, err := events.next()
		if err != nil {
			return more, err
		}
		more = true
		before := c.answered
		if ev.size > len(ev.data) {
			b.largeEvent(c, ev)
		} else {
			b.event(ev, func(frame []byte, m jsonrpc.Message) { b.deliver(c, resp, frame, m) })
		}
		if c.answered && !before {
			// Spec: "After the JSON-RPC response has been sent, the server SHOULD
			// terminate the SSE stream." What it says until then is passed on.
			linger := time.AfterFunc(b.o.Timeouts.Linger, c.cancel)
			defer linger.Stop()
		}
	}
}

// event yields the messages of one event. Events of other kinds are none of
// MCP's, and one without data just carries an id.
func (b *bridge) event(ev event, yield func(frame []byte, m jsonrpc.Message)) {
	if ev.kind != "" && ev.kind != "message" || len(ev.data) == 0 {
		return
	}
	if err := b.messages(ev.data, yield); err != nil {
		b.log("dropped an event that is no JSON-RPC message: %v", err)
	}
}

// largeEvent deals with an event over the limit: if it may be the answer, it
// fails this call and no other.
func (b *bridge) largeEvent(c *call, ev event) {
	if !c.answered && isAnswerHead(ev.data) {
		b.fail(c, b.tooLarge(c, ev.size))
		return
	}
	b.log("dropped: %v", &jsonrpc.TooLargeError{Size: ev.size, Max: b.o.MaxFrame})
}

// isAnswerHead tells by the beginning of a message whether it is an answer: it
// has no method. One whose method comes after more than the limit is mistaken.
func isAnswerHead(head []byte) bool {
	for i, c := range head {
		if c == '\n' { // of several data lines
			head[i] = ' '
		}
	}
	var large *jsonrpc.TooLargeError
	_, err := jsonrpc.NewReader(bytes.NewReader(head), len(head)-1).Next()
	return errors.As(err, &large) && large.Method == ""
}

// tooLarge is an answer that was dropped for its size.
func (b *bridge) tooLarge(c *call, size int) *loomrpc.Error {
	return loomrpc.Errorf(loomrpc.CodeTooLarge, loomrpc.ErrorData{Server: b.o.Server, Stage: stageOf(c)},
		"the answer of server %s was dropped: %v", b.o.Server, &jsonrpc.TooLargeError{Size: size, Max: b.o.MaxFrame})
}

func stageOf(c *call) string {
	if c.method == mcp.Initialize || c.method == mcp.Discover {
		return "handshake"
	}
	return "call"
}
