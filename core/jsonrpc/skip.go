package jsonrpc

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// skip passes over the value at pos, of any kind, where the text is known to be
// JSON. On other text it stays within it and finds something wrong, or the end.
func (s *scanner) skip() error {
	if s.pos >= len(s.data) {
		return s.fail("")
	}
	switch s.data[s.pos] {
	case '"':
		return s.skipString()
	case '{', '[':
		return s.skipNested()
	}
	start := s.pos
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ',', '}', ']', ' ', '\t', '\r', '\n', '"', '{', '[', ':':
			if s.pos == start {
				return s.fail("expected a value")
			}
			return nil
		}
		s.pos++
	}
	return nil
}

func (s *scanner) skipNested() error {
	data, i := s.data, s.pos
	for depth := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			s.pos = i
			if err := s.skipString(); err != nil {
				return err
			}
			i = s.pos - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.pos = i + 1
				return nil
			}
		}
	}
	s.pos = i
	return s.fail("")
}

// shortString is how far a string is looked through eight bytes at a time. Most
// end before; for the others bytes.IndexByte is worth its call.
const shortString = 32

// skipString looks for the quote that no backslash escapes.
func (s *scanner) skipString() error {
	data, at := s.data, s.pos+1
	for end := at + shortString; at < end && at+8 <= len(data); at += 8 {
		w := binary.LittleEndian.Uint64(data[at:])
		if hit := hasByte(w, '"') | hasByte(w, '\\'); hit != 0 {
			at += bits.TrailingZeros64(hit) / 8
			if data[at] == '"' {
				s.pos = at + 1
				return nil
			}
			break
		}
	}
	for start := at; ; at++ { // nothing before start is a backslash
		n := bytes.IndexByte(data[at:], '"')
		if n < 0 {
			s.pos = len(data)
			return s.fail("")
		}
		at += n
		escapes := 0
		for at-escapes > start && data[at-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			s.pos = at + 1
			return nil
		}
	}
}
