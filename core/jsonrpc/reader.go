package jsonrpc

import (
	"bytes"
	"fmt"
	"io"
)

// DefaultMaxFrame is the largest frame that any process of Loom takes unless
// it is told otherwise: 64 MiB, far over any result that a client can use and
// small enough that a server gone wild does not take the machine with it.
const DefaultMaxFrame = 64 << 20

// TooLargeError is a frame over the reader's cap. The frame was read and
// dropped, and the reader stands at the next one.
type TooLargeError struct {
	Size, Max int    // bytes
	ID        []byte // raw id, nil if there was none to be seen
	Method    string // empty in a response
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("frame of %d bytes is over the limit of %d", e.Size, e.Max)
}

// Reader reads frames from a stream.
type Reader struct {
	src  io.Reader
	max  int
	buf  []byte
	r, w int // unread bytes are buf[r:w]
}

// NewReader reads frames of at most max bytes from src; max <= 0 means [DefaultMaxFrame].
func NewReader(src io.Reader, max int) *Reader {
	if max <= 0 {
		max = DefaultMaxFrame
	}
	return &Reader{src: src, max: max, buf: make([]byte, 32<<10)}
}

// Next returns the next line that is not blank, without its line end (LF or
// CRLF). The slice belongs to the caller. A last line without a line end
// counts. Errors are those of the stream, and [*TooLargeError], after which
// Next goes on.
func (r *Reader) Next() ([]byte, error) {
	for {
		line, err := r.line()
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSuffix(line, []byte("\r")); len(bytes.TrimSpace(line)) > 0 {
			return line, nil
		}
	}
}

// Buffered reports whether the next frame is here already, so that Next will
// not wait. A writer that gathers frames flushes when it is not.
func (r *Reader) Buffered() bool {
	return bytes.IndexByte(r.buf[r.r:r.w], '\n') >= 0
}

func (r *Reader) line() ([]byte, error) {
	var long []byte // what came before buf, when the line is longer than buf
	for {
		if i := bytes.IndexByte(r.buf[r.r:r.w], '\n'); i >= 0 {
			line := r.buf[r.r : r.r+i]
			r.r += i + 1
			if len(long)+len(line) > r.max {
				return nil, r.tooLarge(long, line, true)
			}
			return append(long, line...), nil // a copy: the caller may keep it
		}
		if len(long)+r.w-r.r > r.max {
			rest := r.buf[r.r:r.w]
			r.r = r.w
			return nil, r.tooLarge(long, rest, false)
		}
		if r.r > 0 || r.w == len(r.buf) {
			if r.w == len(r.buf) && r.r == 0 {
				long = append(long, r.buf...)
				r.w = 0
			} else {
				r.w = copy(r.buf, r.buf[r.r:r.w])
				r.r = 0
			}
		}
		n, err := r.src.Read(r.buf[r.w:])
		r.w += n
		if n == 0 && err != nil {
			last := append(long, r.buf[r.r:r.w]...)
			r.r, r.w = 0, 0
			if err == io.EOF && len(last) > 0 {
				return last, nil
			}
			return nil, err
		}
	}
}

// tooLarge drops the rest of a line and finds out whose it was, so that only
// that one call fails.
func (r *Reader) tooLarge(head, next []byte, ended bool) error {
	var f envelopeFinder
	f.feed(head)
	f.feed(next)
	size := len(head) + len(next)
	for !ended {
		r.r, r.w = 0, 0
		n, err := r.src.Read(r.buf)
		chunk := r.buf[:n]
		if i := bytes.IndexByte(chunk, '\n'); i >= 0 {
			r.r, r.w = i+1, n
			chunk, ended = chunk[:i], true
		}
		f.feed(chunk)
		size += len(chunk)
		if err != nil && !ended {
			break // the stream's own error comes at the next call
		}
	}
	return &TooLargeError{Size: size, Max: r.max, ID: f.id, Method: f.method}
}

// envelopeFinder finds id and method of a message that streams by and is not
// kept. It trusts the text to be JSON; on other text it finds nothing or
// something wrong, which costs one error message its id.
type envelopeFinder struct {
	depth     int
	inString  bool
	escaped   bool
	inValue   bool // between ':' and ',' of the outermost object
	key, text []byte
	id        []byte
	method    string
}

const maxCapture = 256 // bytes of a key or scalar that are kept

func (f *envelopeFinder) feed(chunk []byte) {
	for _, c := range chunk {
		if f.inString {
			f.capture(c)
			switch {
			case f.escaped:
				f.escaped = false
			case c == '\\':
				f.escaped = true
			case c == '"':
				f.inString = false
			}
			continue
		}
		switch c {
		case '"':
			f.inString = true
			f.capture(c)
		case '{', '[':
			f.depth++
		case '}', ']':
			if f.depth == 1 {
				f.member()
			}
			f.depth--
		case ':':
			if f.depth == 1 && !f.inValue {
				f.key, f.text, f.inValue = append(f.key[:0], f.text...), f.text[:0], true
			}
		case ',':
			if f.depth == 1 {
				f.member()
			}
		case ' ', '\t', '\r':
		default:
			f.capture(c)
		}
	}
}

func (f *envelopeFinder) capture(c byte) {
	if f.depth == 1 && len(f.text) < maxCapture {
		f.text = append(f.text, c)
	}
}

func (f *envelopeFinder) member() {
	switch string(f.key) {
	case `"id"`:
		f.id = bytes.Clone(f.text)
	case `"method"`:
		f.method, _ = Text(f.text)
	}
	f.key, f.text, f.inValue = f.key[:0], f.text[:0], false
}
