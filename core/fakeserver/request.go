package fakeserver

import (
	"context"
	"fmt"

	"github.com/loom-core/loom/core/jsonrpc"
)

// request is one request of the client, raw. Its context ends when the client
// takes it back, and with the server.
type request struct {
	frame  []byte
	m      jsonrpc.Message
	id     []byte
	method string
	ctx    context.Context
}

// param is a member of the params, raw, nil when there is none.
func (r *request) param(path ...string) []byte {
	span, _ := jsonrpc.Find(r.frame, r.m.Params, path...)
	return span.Of(r.frame)
}

// text is a member of the params that is a text, else empty.
func (r *request) text(path ...string) string {
	text, _ := jsonrpc.Text(r.param(path...))
	return text
}

// open makes the request one that can be taken back, until done is called.
func (s *server) open(r *request) (done func()) {
	ctx, cancel := context.WithCancel(s.ctx)
	r.ctx = ctx
	s.mu.Lock()
	s.calls[string(r.id)] = cancel
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		delete(s.calls, string(r.id))
		s.mu.Unlock()
		cancel()
	}
}

// aside runs what may take its time, so that reading goes on.
func (s *server) aside(r *request, run func(*request)) {
	done := s.open(r)
	s.work.Go(func() {
		defer done()
		run(r)
	})
}

// takeBack ends what goes on under a raw id: a call or a subscription.
func (s *server) takeBack(id string) {
	s.mu.Lock()
	cancel := s.calls[id]
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	s.forget(id)
}

// result answers with a raw result, in the dress of the era.
func (s *server) result(r *request, result []byte) {
	s.answer(jsonrpc.NewResult(r.id, s.dress(result, false)))
}

// cached answers with the raw result of a list or of a read.
func (s *server) cached(r *request, result []byte) {
	s.answer(jsonrpc.NewResult(r.id, s.dress(result, true)))
}

// fail answers with an error without data.
func (s *server) fail(r *request, code int, format string, args ...any) {
	s.answer(jsonrpc.NewError(r.id, jsonrpc.Errorf(code, format, args...)))
}

// failWith answers with an error that has raw data, which stays as it is.
func (s *server) failWith(r *request, code int, data, format string, args ...any) {
	s.answer(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":%s,"data":%s}}`, r.id, code, quote(fmt.Sprintf(format, args...)), data))
}
