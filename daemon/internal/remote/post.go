package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// post sends a request. It is sent again only when no connection came about, so
// that not one byte of it can have arrived.
func (b *bridge) post(c *call) (*http.Response, error) {
	header := b.postHeaders(c.frame, c.msg, c.method, c.modern)
	trace := &httptrace.ClientTrace{
		GetConn:      func(string) { c.start() },
		GotConn:      func(httptrace.GotConnInfo) { c.connected.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { c.leave() },
	}
	ctx := httptrace.WithClientTrace(c.ctx, trace)
	resp, err := b.do(ctx, http.MethodPost, c.frame, header)
	if refused(err) && !c.connected.Load() && b.sleep(c.ctx, b.o.Timeouts.Retry/4) {
		resp, err = b.do(ctx, http.MethodPost, c.frame, header)
	}
	return resp, err
}

// refused is a server that is not there, or not yet: it may be starting again.
func refused(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && !op.Timeout()
}

func (b *bridge) do(ctx context.Context, method string, body []byte, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, b.o.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header
	if host := header.Get("Host"); host != "" {
		req.Host = host // net/http reads it nowhere else
	}
	resp, err := b.client.Do(req)
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err // the url may hold a password
	}
	return resp, err
}

// notify posts a notification, after those that came before it. The channel is
// closed when the server has received it, or could not.
func (b *bridge) notify(frame []byte, m jsonrpc.Message) <-chan struct{} {
	received := make(chan struct{})
	b.mu.Lock()
	before := b.noted
	b.noted = received
	b.mu.Unlock()
	b.work.Go(func() {
		defer close(received)
		<-before
		b.tell(frame, m)
	})
	return received
}

// reply posts the answer to a request of the server.
func (b *bridge) reply(frame []byte, m jsonrpc.Message) {
	b.mu.Lock()
	modern := b.modern
	b.mu.Unlock()
	if modern != "" { // 2026-07-28: "The client MUST NOT send JSON-RPC responses"
		b.log("dropped: an answer to a request that a server of protocol version %s may not make", modern)
		return
	}
	b.work.Go(func() { b.tell(frame, m) })
}

// tell posts what gets no answer and waits for its receipt.
func (b *bridge) tell(frame []byte, m jsonrpc.Message) {
	b.mu.Lock()
	modern := b.modern
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(b.ctx, b.o.Timeouts.Notify)
	defer cancel()
	what := "an answer"
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	if method != "" {
		what = method
	}
	header := b.postHeaders(frame, m, method, modern)
	resp, err := b.do(ctx, http.MethodPost, frame, header)
	if err != nil {
		if b.ctx.Err() == nil {
			b.log("%s did not reach the server: %v", what, err)
		}
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode < 300 {
		io.Copy(io.Discard, io.LimitReader(resp.Body, maxShort)) // so that the connection can be used again
		return
	}
	text := readShort(resp)
	if b.sessionGone(header, resp, text, nil) {
		return
	}
	b.log("%s was refused: %s%s", what, resp.Status, b.short(resp, text))
}

// sleep waits for d and a little more, so that many do not come back at once.
// It reports whether the time has passed.
func (b *bridge) sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d + rand.N(d/4+1))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// endSession tells the server that the session is over. Run has ended by then,
// whatever comes of it.
func (b *bridge) endSession() {
	header := b.legacyHeaders()
	if header.Get(headerSession) == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), b.o.Timeouts.Close)
	defer cancel()
	if resp, err := b.do(ctx, http.MethodDelete, nil, header); err == nil {
		resp.Body.Close()
	}
}
