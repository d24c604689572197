package redact

import "strings"

// Stream masks text that comes in pieces, such as lines. Nothing is held back:
// where a piece ends within what may become a value, its beginning is masked
// from eight bytes on, and what follows in the next piece when the value is
// complete. So at most seven bytes of a value that was split are ever shown.
type Stream struct {
	set    *Set
	window uint64 // the last eight bytes, line breaks left out
	filled int    // how many of them there are
	open   []open // forms that may be going on
}

// open is a form whose first bytes were read.
type open struct {
	rest string // what has to follow
	from int    // where it began in this piece; 0 if before
}

// span is a part of a piece that is masked.
type span struct{ from, to int }

// Stream begins to mask pieces of one text.
func (s *Set) Stream() *Stream { return &Stream{set: s} }

// Text masks the next piece.
func (s *Stream) Text(piece string) string {
	if !s.set.Active() {
		return piece
	}
	t := s.set.table.Load()
	for i := range s.open {
		s.open[i].from = 0
	}
	var found []span
	window := s.window
	for i := range len(piece) {
		c := piece[i]
		if c == '\n' || c == '\r' {
			continue
		}
		if len(s.open) > 0 {
			found = s.follow(c, i, found)
		}
		window = window<<8 | uint64(c)
		if s.filled < Shortest-1 {
			s.filled++
			continue
		}
		if bit := spread(window); t.filter[bit/64]&(1<<(bit%64)) == 0 {
			continue
		}
		from := begin(piece, i)
		for _, rest := range t.forms[window] {
			if rest == "" {
				found = append(found, span{from, i + 1})
			} else {
				s.open = append(s.open, open{rest, from})
			}
		}
	}
	s.window = window
	for _, o := range s.open {
		found = append(found, span{o.from, len(piece)})
	}
	if len(found) == 0 {
		return piece
	}
	return mask(piece, found)
}

// begin is where the eight bytes begin that end at i; 0 if that is in a piece before.
func begin(piece string, i int) int {
	for left := Shortest - 1; left > 0 && i > 0; {
		i--
		if c := piece[i]; c != '\n' && c != '\r' {
			left--
		}
	}
	return i
}

// follow takes the forms that are going on one byte further.
func (s *Stream) follow(c byte, at int, found []span) []span {
	still := s.open[:0]
	for _, o := range s.open {
		switch {
		case o.rest[0] != c:
		case len(o.rest) == 1:
			found = append(found, span{o.from, at + 1})
		default:
			still = append(still, open{o.rest[1:], o.from})
		}
	}
	s.open = still
	return found
}

// mask puts one Mask in place of all that is touched by spans which overlap.
func mask(text string, spans []span) string {
	// A difference at each border: spans are many only where they overlap.
	change := make(map[int]int, 2*len(spans))
	for _, s := range spans {
		change[s.from]++
		change[s.to]--
	}
	var out strings.Builder
	depth, from := 0, 0
	for i := 0; i <= len(text); i++ {
		d := change[i]
		if d == 0 {
			continue
		}
		was := depth
		depth += d
		switch {
		case was == 0 && depth > 0:
			out.WriteString(text[from:i])
			out.WriteString(Mask)
		case was > 0 && depth == 0:
			from = i
		}
	}
	if depth == 0 {
		out.WriteString(text[from:])
	}
	return out.String()
}
