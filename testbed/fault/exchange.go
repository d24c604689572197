package fault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
)

// errCut stands where a body's connection is to be cut.
var errCut = errors.New("cut here")

// maxWhole is how much of a body is held where a lie needs its length.
const maxWhole = 64 << 20

// exchange is one request and what becomes of it.
type exchange struct {
	front *Front
	w     http.ResponseWriter
	r     *http.Request
	seen  *Request

	answer *http.Response // nil: nobody was asked so far
	whole  bool           // the client was sent all that it is to get

	cut    *cut   // where the connection ends, if that is in the answer
	byHand bool   // the answer is written past net/http
	proto  string // what it says it is then
	excess int64  // how many bytes too many its Content-Length has then
}

const proto11 = "HTTP/1.1"

// spoiled reports whether the answer is to go out in another form than it came.
func (x *exchange) spoiled() bool { return x.cut != nil || x.byHand }

// response is the answer so far. If there is none the service is asked, for an
// answer that is not compressed: half of a gzip stream would not be half of its
// text.
func (x *exchange) response() *http.Response {
	if x.answer != nil {
		return x.answer
	}
	if x.front.upstream == nil {
		x.invent(http.StatusOK, jsonKind, "{}")
		return x.answer
	}
	out := x.r.Clone(x.r.Context())
	out.RequestURI, out.Close = "", false
	(&httputil.ProxyRequest{In: x.r, Out: out}).SetURL(x.front.upstream)
	for _, name := range []string{"Connection", "Keep-Alive", "Te", "Trailer", "Upgrade", "Accept-Encoding"} {
		out.Header.Del(name)
	}
	if out.UserAgent() == "" {
		out.Header.Set("User-Agent", "") // else net/http says what it is
	}
	if out.ContentLength == 0 {
		out.Body = nil
	}
	answer, err := x.front.transport.RoundTrip(out)
	if err != nil {
		x.fail(err)
	}
	answer.Header.Del("Connection")
	x.answer = answer
	return answer
}

// invent puts an answer in place of the service's.
func (x *exchange) invent(status int, kind, body string) {
	x.discard()
	x.answer = &http.Response{StatusCode: status, Header: http.Header{}}
	if kind != "" {
		x.answer.Header.Set("Content-Type", kind)
	}
	x.setText([]byte(body))
}

// discard forgets the answer so far.
func (x *exchange) discard() {
	if x.answer != nil {
		x.answer.Body.Close()
		x.answer = nil
	}
}

// text reads the whole body of the answer, which the client can still have.
func (x *exchange) text() []byte {
	res := x.response()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxWhole+1))
	if err == nil && len(text) > maxWhole {
		err = fmt.Errorf("the answer is over %d MiB, which is too much to hold", maxWhole>>20)
	}
	if err != nil {
		x.fail(err)
	}
	x.setBody(bytes.NewReader(text), res.ContentLength)
	return text
}

// setText gives the answer a body of known length.
func (x *exchange) setText(text []byte) { x.setBody(bytes.NewReader(text), int64(len(text))) }

// setBody gives the answer a body. It goes out in chunks if its length is -1.
func (x *exchange) setBody(body io.Reader, length int64) {
	res := x.answer
	var c io.Closer = io.NopCloser(nil)
	if res.Body != nil {
		c = res.Body
	}
	res.Body, res.ContentLength = struct {
		io.Reader
		io.Closer
	}{body, c}, length
	res.Header.Del("Content-Length")
}

// fail ends a request whose service does not answer as the service would: with
// nothing.
func (x *exchange) fail(err error) {
	x.front.update(func() { x.seen.Err = err })
	x.sever(false)
}

// sever ends the connection at once.
func (x *exchange) sever(reset bool) {
	if reset {
		x.resetOnClose()
	}
	panic(http.ErrAbortHandler)
}

func (x *exchange) resetOnClose() {
	if c, ok := x.r.Context().Value(connKey{}).(*conn); ok {
		c.resetOnClose()
	}
}
