package jsonrpc

import "bytes"

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
	for depth := 0; s.pos < len(s.data); {
		switch s.data[s.pos] {
		case '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.pos++
				return nil
			}
		}
		s.pos++
	}
	return s.fail("")
}

// skipString looks for the quote that no backslash escapes.
func (s *scanner) skipString() error {
	start := s.pos + 1
	for at := start; ; at++ {
		n := bytes.IndexByte(s.data[at:], '"')
		if n < 0 {
			s.pos = len(s.data)
			return s.fail("")
		}
		at += n
		escapes := 0
		for at-escapes > start && s.data[at-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			s.pos = at + 1
			return nil
		}
	}
}
