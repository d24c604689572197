package fault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// write sends the answer and ends the connection where that is asked for.
func (x *exchange) write() {
	res := x.response()
	defer res.Body.Close()
	if x.cut != nil && x.cut.place == AtStart {
		x.sever(x.cut.reset)
	}
	if x.byHand {
		x.writeByHand(res)
	} else {
		x.writePolitely(res)
	}
	x.whole = true
}

// writePolitely leaves the form of the answer to net/http, which keeps the
// connection for the next request.
func (x *exchange) writePolitely(res *http.Response) {
	for name, values := range res.Header {
		x.w.Header()[name] = values
	}
	if res.Header.Get("Content-Type") == "" {
		x.w.Header()["Content-Type"] = nil // else net/http guesses one
	}
	if res.ContentLength >= 0 && res.StatusCode != http.StatusNotModified && res.StatusCode != http.StatusNoContent {
		x.w.Header().Set("Content-Length", strconv.FormatInt(res.ContentLength, 10))
	}
	x.w.WriteHeader(res.StatusCode)
	out := http.NewResponseController(x.w)
	if x.cut != nil { // what comes before it has to be out
		out.Flush()
	}
	if x.r.Method == http.MethodHead {
		return
	}
	x.copy(flusher{x.w, out}, res.Body)
}

// copy sends a body, as far as it is to go.
func (x *exchange) copy(to io.Writer, body io.Reader) {
	_, err := io.CopyBuffer(onlyWriter{to}, onlyReader{body}, make([]byte, 32<<10))
	switch {
	case errors.Is(err, errCut):
		x.sever(x.cut.reset)
	case err != nil: // the client left, or the service broke off
		x.sever(false)
	}
}

// flusher sends each piece at once.
type flusher struct {
	w   io.Writer
	out *http.ResponseController
}

func (f flusher) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err == nil {
		err = f.out.Flush()
	}
	return n, err
}

// These hide the short cuts of [io.Copy], which do not stop at each piece.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)

// writeByHand sends an answer that net/http would not, and closes the
// connection without a word of that.
func (x *exchange) writeByHand(res *http.Response) {
	c, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		x.fail(fmt.Errorf("taking the connection over: %w", err))
	}
	defer c.Close()
	head, body := x.head(res), io.Reader(res.Body)
	if x.cut != nil && x.cut.place == InHeaders {
		head, body = head[:len(head)/2], failing{errCut}
	}
	if x.cut != nil && x.cut.reset {
		x.resetOnClose()
	}
	if _, err := c.Write(head); err != nil || x.r.Method == http.MethodHead {
		return
	}
	io.Copy(c, body) // up to its end, errCut, or the client's end
}

// head is the status line and the headers. An answer of unknown length ends with
// its connection.
func (x *exchange) head(res *http.Response) []byte {
	var head bytes.Buffer
	res.Header.Del("Content-Length")
	if res.ContentLength >= 0 && x.proto == proto11 {
		res.Header.Set("Content-Length", strconv.FormatInt(res.ContentLength+x.excess, 10))
	}
	res.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	fmt.Fprintf(&head, "%s %03d %s\r\n", x.proto, res.StatusCode, http.StatusText(res.StatusCode))
	res.Header.Write(&head) // to memory
	head.WriteString("\r\n")
	return head.Bytes()
}
