package fault

import (
	"bytes"
	"io"
)

// Place is where in an answer its connection ends: after so many bytes of the
// body, or at one of the named places.
type Place int64

const (
	AtStart   Place = -1 - iota // before its first byte
	InHeaders                   // in the middle of its headers
	InBody                      // in the middle of its body
)

// After is a place in the body. It may lie behind its end: then the answer is
// whole but for the end of its last chunk, if it has chunks.
func After(bytes int64) Place { return Place(bytes) }

// cut is where a connection ends, and how.
type cut struct {
	place Place
	reset bool
}

// Cut closes the connection in the middle of the answer. The service has been
// asked by then: to have it hear nothing, put an answer before, such as
// Status(200). What changes the body comes before a cut, [Trickle] after it.
func Cut(p Place) Behaviour { return func(x *exchange) { x.cutAt(p, false) } }

// Reset does the same by RST, as a machine does that lost the connection.
func Reset(p Place) Behaviour { return func(x *exchange) { x.cutAt(p, true) } }

func (x *exchange) cutAt(p Place, reset bool) {
	x.cut = &cut{place: p, reset: reset}
	res := x.response()
	switch {
	case p == InHeaders:
		x.byHand = true
	case p == InBody:
		text := x.text()
		x.setBody(cutAfter(bytes.NewReader(text), int64(len(text)/2)), res.ContentLength)
	case p >= 0:
		x.setBody(cutAfter(res.Body, int64(p)), res.ContentLength)
	}
}

// cutAfter is the first n bytes of a body, and then the end of its connection.
func cutAfter(body io.Reader, n int64) io.Reader {
	return io.MultiReader(io.LimitReader(body, n), failing{errCut})
}

// failing is a reader that has nothing but an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
