package jsonrpc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Span is a half-open range of bytes in a frame. The zero Span is an absent member.
type Span struct{ Start, End int }

// Present reports whether the member is there.
func (s Span) Present() bool { return s.End > s.Start }

// Of returns the bytes of s in frame, nil when s is absent.
func (s Span) Of(frame []byte) []byte {
	if !s.Present() {
		return nil
	}
	return frame[s.Start:s.End]
}

// Message says where the members of one JSON-RPC message lie in its frame.
// The spans cover values only, quotes and brackets included.
type Message struct {
	ID, Method, Params, Result, Error Span
}

// Kind is what a message is, judged by its members alone.
type Kind uint8

// The kinds of message. Invalid is JSON that is no JSON-RPC message, for
// example a line of a server's log.
const (
	Invalid Kind = iota
	Request
	Notification
	Response // a result or an error
)

// Kind tells requests, notifications and responses apart.
func (m Message) Kind() Kind {
	switch {
	case m.Method.Present() && m.ID.Present():
		return Request
	case m.Method.Present():
		return Notification
	case m.ID.Present() && (m.Result.Present() != m.Error.Present()):
		return Response
	}
	return Invalid
}

// maxDepth bounds nesting, as encoding/json does.
const maxDepth = 10000

// Errors of [Scan]. A [SyntaxError] says where the JSON breaks.
var (
	// ErrBatch is a frame that holds an array. Batches exist in MCP 2025-03-26 only.
	ErrBatch = errors.New("a JSON-RPC batch is not supported")
	// ErrNotObject is valid JSON that is not an object.
	ErrNotObject = errors.New("not a JSON object")
	// ErrDuplicateMember is an envelope with two ids, methods, params, results or errors:
	// two readers could take it for different messages.
	ErrDuplicateMember = errors.New("a member of the envelope occurs twice")
)

// SyntaxError is a frame that is not JSON.
type SyntaxError struct {
	Offset int // byte in the frame
	What   string
}

func (e *SyntaxError) Error() string {
	return "invalid JSON at byte " + strconv.Itoa(e.Offset) + ": " + e.What
}

// Scan checks that frame is one JSON object in valid UTF-8 and returns the
// spans of its envelope. It allocates nothing when the frame is good.
func Scan(frame []byte) (Message, error) {
	var m Message
	s := scanner{data: frame}
	s.space()
	if s.pos < len(frame) && frame[s.pos] == '[' {
		if err := s.value(); err != nil {
			return m, err
		}
		return m, ErrBatch
	}
	if s.pos >= len(frame) || frame[s.pos] != '{' {
		if err := s.value(); err != nil {
			return m, err
		}
		return m, ErrNotObject
	}
	if !utf8.Valid(frame) {
		return m, &SyntaxError{Offset: invalidUTF8(frame), What: "invalid UTF-8"}
	}
	return s.envelope()
}

// ScanTrusted is [Scan] for frames of a peer that has scanned them: it finds
// the envelope, and that the frame is whole, without looking at what is inside
// of strings, which is most of a large frame.
func ScanTrusted(frame []byte) (Message, error) {
	s := scanner{data: frame, trusted: true}
	s.space()
	if s.pos >= len(frame) || frame[s.pos] != '{' {
		return Scan(frame) // which says what it is
	}
	return s.envelope()
}

// envelope walks the message at pos, which is all that there may be.
func (s *scanner) envelope() (m Message, err error) {
	duplicate := false
	err = s.object(func(key, value Span) bool {
		p := m.member(key.Of(s.data))
		if p == nil {
			return true
		}
		duplicate = duplicate || p.Present()
		*p = value
		return true
	})
	if err != nil {
		return Message{}, err
	}
	if s.space(); s.pos != len(s.data) {
		return Message{}, s.fail("text after the message")
	}
	if duplicate {
		return Message{}, ErrDuplicateMember
	}
	return m, nil
}

// member is where the value of a name belongs, which is quoted as in the frame;
// nil if the envelope has none of that name.
func (m *Message) member(quoted []byte) *Span {
	name := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		text, _ := Text(quoted)
		name = []byte(text)
	}
	switch string(name) {
	case "id":
		return &m.ID
	case "method":
		return &m.Method
	case "params":
		return &m.Params
	case "result":
		return &m.Result
	case "error":
		return &m.Error
	}
	return nil
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8.
func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// scanner walks JSON text without decoding it. Nesting is kept in a bit per
// level (1 = object), so that depth costs no recursion.
type scanner struct {
	data    []byte
	pos     int
	trusted bool // data was scanned before: its values are skipped
}

func (s *scanner) fail(what string) error {
	if s.pos >= len(s.data) {
		return &SyntaxError{Offset: s.pos, What: "unexpected end"}
	}
	return &SyntaxError{Offset: s.pos, What: what}
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// object walks the object at pos and calls member for each of its members.
// It stops early, without an error, when member returns false.
func (s *scanner) object(member func(key, value Span) bool) error {
	s.pos++ // the opening brace
	s.space()
	if s.pos < len(s.data) && s.data[s.pos] == '}' {
		s.pos++
		return nil
	}
	for {
		key := Span{Start: s.pos}
		if err := s.key(); err != nil {
			return err
		}
		key.End = s.pos
		s.space()
		if s.pos >= len(s.data) || s.data[s.pos] != ':' {
			return s.fail("expected ':' after a member's name")
		}
		s.pos++
		s.space()
		value := Span{Start: s.pos}
		var err error
		if s.trusted {
			err = s.skip()
		} else {
			err = s.value()
		}
		if err != nil {
			return err
		}
		value.End = s.pos
		if !member(key, value) {
			return nil
		}
		s.space()
		if s.pos >= len(s.data) {
			return s.fail("")
		}
		switch s.data[s.pos] {
		case ',':
			s.pos++
			s.space()
		case '}':
			s.pos++
			return nil
		default:
			return s.fail("expected ',' or '}' after a member")
		}
	}
}

func (s *scanner) key() error {
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		return s.fail("expected a member's name in quotes")
	}
	return s.str()
}

// value skips one value of any kind.
func (s *scanner) value() error {
	var nest nesting
	for {
		// Here a value is expected.
		if s.pos >= len(s.data) {
			return s.fail("")
		}
		opened := false
		switch c := s.data[s.pos]; c {
		case '{', '[':
			if !nest.push(c == '{') {
				return s.fail("nested too deep")
			}
			s.pos++
			s.space()
			opened = true
		case '"':
			if err := s.str(); err != nil {
				return err
			}
		case 't':
			if err := s.word("true"); err != nil {
				return err
			}
		case 'f':
			if err := s.word("false"); err != nil {
				return err
			}
		case 'n':
			if err := s.word("null"); err != nil {
				return err
			}
		default:
			if err := s.number(); err != nil {
				return err
			}
		}
		// Here a value is complete or a container was just opened.
		for {
			if nest.depth == 0 {
				return nil
			}
			if !opened {
				s.space()
			}
			if s.pos >= len(s.data) {
				return s.fail("")
			}
			closing, inObject := byte(']'), nest.object()
			if inObject {
				closing = '}'
			}
			c := s.data[s.pos]
			if c == closing {
				s.pos++
				nest.depth--
				opened = false
				continue
			}
			if !opened {
				if c != ',' {
					return s.fail("expected ',' or the closing bracket")
				}
				s.pos++
				s.space()
			}
			if inObject {
				if err := s.key(); err != nil {
					return err
				}
				s.space()
				if s.pos >= len(s.data) || s.data[s.pos] != ':' {
					return s.fail("expected ':' after a member's name")
				}
				s.pos++
				s.space()
			}
			break
		}
	}
}

// str skips the string at pos. Eight bytes are looked at in one step: most of
// what a hub carries is text inside one long string.
func (s *scanner) str() error {
	data, i := s.data, s.pos+1
	for {
		for i+8 <= len(data) {
			w := binary.LittleEndian.Uint64(data[i:])
			hit := hasByte(w, '"') | hasByte(w, '\\') | (w-lows*0x20)&^w&highs
			if hit != 0 {
				i += bits.TrailingZeros64(hit) / 8
				break
			}
			i += 8
		}
		if i >= len(data) {
			s.pos = i
			return s.fail("")
		}
		switch c := data[i]; {
		case c == '"':
			s.pos = i + 1
			return nil
		case c == '\\':
			n := escapeLen(data[i:])
			if n == 0 {
				s.pos = i
				return s.fail("invalid escape in a string")
			}
			i += n
		case c < 0x20:
			s.pos = i
			return s.fail("control character in a string")
		default:
			i++
		}
	}
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// hasByte sets the high bit of the lowest byte of w that equals c. Higher bytes
// may be marked wrongly; only the lowest mark is used.
func hasByte(w uint64, c byte) uint64 {
	x := w ^ (lows * uint64(c))
	return (x - lows) &^ x & highs
}

// escapeLen returns the length of the escape that b begins with, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
				return 0
			}
		}
		return 6
	}
	return 0
}

func (s *scanner) word(w string) error {
	if len(s.data)-s.pos < len(w) || string(s.data[s.pos:s.pos+len(w)]) != w {
		return s.fail("expected a value")
	}
	s.pos += len(w)
	return nil
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

func (s *scanner) number() error {
	if s.data[s.pos] == '-' {
		s.pos++
	}
	zero := s.pos < len(s.data) && s.data[s.pos] == '0'
	if zero {
		s.pos++
	} else if !s.digits() {
		return s.fail("expected a value")
	}
	if s.pos < len(s.data) && s.data[s.pos] == '.' {
		s.pos++
		if !s.digits() {
			return s.fail("expected a digit")
		}
	}
	if s.pos < len(s.data) && (s.data[s.pos] == 'e' || s.data[s.pos] == 'E') {
		s.pos++
		if s.pos < len(s.data) && (s.data[s.pos] == '+' || s.data[s.pos] == '-') {
			s.pos++
		}
		if !s.digits() {
			return s.fail("expected a digit")
		}
	}
	return nil
}

// nesting is a stack of bits. Up to 64 levels cost no allocation.
type nesting struct {
	depth int
	first uint64
	more  []uint64
}

func (n *nesting) word(level int) *uint64 {
	if level < 64 {
		return &n.first
	}
	return &n.more[level/64-1]
}

func (n *nesting) push(object bool) bool {
	if n.depth >= maxDepth {
		return false
	}
	if n.depth >= 64 && n.depth/64 > len(n.more) {
		n.more = append(n.more, 0)
	}
	w, bit := n.word(n.depth), uint64(1)<<(n.depth%64)
	if *w &^= bit; object {
		*w |= bit
	}
	n.depth++
	return true
}

func (n *nesting) object() bool {
	top := n.depth - 1
	return *n.word(top)>>(top%64)&1 == 1
}
