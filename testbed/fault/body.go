package fault

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// Empty sends the headers of the answer, and no body.
func Empty() Behaviour { return Truncate(0) }

// Truncate ends the body after so many bytes as if that was all of it.
func Truncate(bytes int) Behaviour {
	return func(x *exchange) {
		text := x.text()
		x.setText(text[:min(bytes, len(text))])
	}
}

// Half ends the body in its middle as if that was all of it.
func Half() Behaviour {
	return func(x *exchange) {
		text := x.text()
		x.setText(text[:len(text)/2])
	}
}

// Big answers with a JSON string of so many bytes.
func Big(size int64) Behaviour {
	return func(x *exchange) {
		x.invent(http.StatusOK, jsonKind, "")
		x.setBody(io.MultiReader(strings.NewReader(`"`), io.LimitReader(repeated("a"), size-2), strings.NewReader(`"`)), size)
	}
}

// Endless answers with a JSON array that never ends, in chunks. It is sent as
// fast as the client takes it.
func Endless() Behaviour {
	return func(x *exchange) {
		x.invent(http.StatusOK, jsonKind, "")
		x.setBody(io.MultiReader(strings.NewReader("[0"), repeated(",0")), -1)
	}
}

// bombPart is what one member of a bomb's gzip stream becomes.
const bombPart = 1 << 20

// GzipBomb answers with what becomes at least size bytes when it is unpacked: {}
// behind white space. It is some thousand times smaller, and is sent to clients
// that did not ask for gzip too.
func GzipBomb(size int64) Behaviour {
	return func(x *exchange) {
		x.invent(http.StatusOK, jsonKind, "")
		x.answer.Header.Set("Content-Encoding", "gzip")
		part := packed(strings.Repeat(" ", bombPart))
		var all []io.Reader
		for n := int64(0); n < size; n += bombPart {
			all = append(all, bytes.NewReader(part))
		}
		x.setBody(io.MultiReader(append(all, bytes.NewReader(packed("{}")))...), -1)
	}
}

// packed is one member of a gzip stream. A stream may have any number.
func packed(text string) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is good
	io.WriteString(w, text)                                 // to memory
	w.Close()
	return out.Bytes()
}

// repeated is a reader of a text over and over.
func repeated(text string) io.Reader {
	return &repeater{text: []byte(strings.Repeat(text, 4096/len(text)))}
}

type repeater struct {
	text []byte
	at   int
}

func (r *repeater) Read(p []byte) (n int, err error) {
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.text)
	}
	return n, nil
}
