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
	seen int // there is no line end in buf[r:seen]
	last int // length of the last line that was longer than buf
}

// readerSize is what is read at once of frames that come together.
const readerSize = 32 << 10

// NewReader reads frames of at most max bytes from src; max <= 0 means [DefaultMaxFrame].
func NewReader(src io.Reader, max int) *Reader {
	if max <= 0 {
		max = DefaultMaxFrame
	}
	return &Reader{src: src, max: max, buf: make([]byte, readerSize)}
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
func (r *Reader) Buffered() bool { return r.end() >= 0 }

// end is the place of the first line end in buf, negative when there is none.
// What was looked at is not looked at again.
func (r *Reader) end() int {
	from := max(r.r, r.seen)
	i := bytes.IndexByte(r.buf[from:r.w], '\n')
	if i < 0 {
		r.seen = r.w
		return i
	}
	r.seen = from + i
	return r.seen
}

func (r *Reader) line() ([]byte, error) {
	for {
		if end := r.end(); end >= 0 {
			line := r.buf[r.r:end]
			r.r = end + 1
			if len(line) > r.max {
				return nil, r.tooLarge(nil, line, true)
			}
			return bytes.Clone(line), nil // the caller may keep it
		}
		if r.r > 0 {
			r.w = copy(r.buf, r.buf[r.r:r.w])
			r.r, r.seen = 0, r.w
		}
		if r.w > r.max {
			rest := r.buf[:r.w]
			r.w = 0
			return nil, r.tooLarge(nil, rest, false)
		}
		if r.w == len(r.buf) {
			return r.long()
		}
		n, err := r.src.Read(r.buf[r.w:])
		r.w += n
		if n == 0 && err != nil {
			last := bytes.Clone(r.buf[:r.w])
			r.w, r.seen = 0, 0
			if err == io.EOF && len(last) > 0 {
				return last, nil
			}
			return nil, err
		}
	}
}

// long reads a line of which buf holds the head.
func (r *Reader) long() ([]byte, error) {
	p := pieces{expect: r.last}
	copy(p.room(), r.buf)
	p.took(len(r.buf))
	r.r, r.w, r.seen = 0, 0, 0
	for {
		room := p.room()
		n, err := r.src.Read(room)
		end := bytes.IndexByte(room[:n], '\n')
		if end < 0 {
			p.took(n)
		} else {
			p.took(end)
			r.keep(room[end+1 : n])
		}
		switch {
		case p.size > r.max:
			return nil, r.tooLarge(p.all, nil, end >= 0)
		case end >= 0:
			r.last = p.size
			return p.whole(), nil
		case n == 0 && err == io.EOF:
			return p.whole(), nil
		case n == 0 && err != nil:
			return nil, err
		}
	}
}

// keep holds what was read behind a line.
func (r *Reader) keep(rest []byte) {
	if len(rest) > len(r.buf) {
		r.buf = make([]byte, len(rest))
	}
	r.w = copy(r.buf, rest)
}

// pieces are the parts of a long line. They are put together once, when its
// length is known: to grow one slice would copy it again and again, and leave a
// heap of several times its size. A line that gets really long is expected to
// be like the one before, and read into one piece from there on: who asks for
// something large asks for it again, and then nothing is copied at the end.
type pieces struct {
	all    [][]byte
	size   int
	expect int // length of the whole; 0: not known
}

// A piece is twice as long as the one before, within these bounds. What a pipe
// holds on Linux is read at once.
const (
	firstPiece = 2 * readerSize
	lastPiece  = 1 << 20
	mostRead   = 64 << 10
)

// room is where the next bytes go.
func (p *pieces) room() []byte {
	last := len(p.all) - 1
	if last < 0 || len(p.all[last]) == cap(p.all[last]) {
		p.grow()
		last = len(p.all) - 1
	}
	piece := p.all[last]
	return piece[len(piece):min(cap(piece), len(piece)+mostRead)]
}

// grow makes room behind a piece that is full.
func (p *pieces) grow() {
	switch last := len(p.all) - 1; {
	case last < 0:
		p.all = append(p.all, make([]byte, 0, firstPiece))
	case last > 0 && p.size > lastPiece/2 && p.size < p.expect:
		whole := p.join(p.expect + readerSize) // it is not as long to the byte: ids grow
		p.all = append(p.all[:0], whole)
	default:
		p.all = append(p.all, make([]byte, 0, min(2*cap(p.all[last]), lastPiece)))
	}
}

// took notes that n bytes of room are filled.
func (p *pieces) took(n int) {
	last := len(p.all) - 1
	p.all[last] = p.all[last][:len(p.all[last])+n]
	p.size += n
}

// whole is the line.
func (p *pieces) whole() []byte {
	if only := p.all[0]; len(p.all) == 1 && len(only) > cap(only)/2 {
		return only[:len(only):len(only)]
	}
	return p.join(p.size)
}

// join copies what there is to one slice of that capacity.
func (p *pieces) join(capacity int) []byte {
	out := make([]byte, 0, capacity)
	for n, piece := range p.all {
		out = append(out, piece...)
		p.all[n] = nil // free at once
	}
	return out
}

// tooLarge drops the rest of a line and finds out whose it was, so that only
// that one call fails.
func (r *Reader) tooLarge(head [][]byte, next []byte, ended bool) error {
	var f envelopeFinder
	size := len(next)
	for _, piece := range head {
		f.feed(piece)
		size += len(piece)
	}
	f.feed(next)
	for !ended {
		r.r, r.w, r.seen = 0, 0, 0
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
