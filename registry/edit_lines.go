package registry

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// lines are the offsets at which the lines of a text begin, with the line ends
// that the YAML library counts: LF, CR, CRLF, NEL, LS and PS.
type lines struct {
	data   []byte
	starts []int
}

func splitLines(data []byte) *lines {
	l := &lines{data: data, starts: []int{0}}
	for i := 0; i < len(data); {
		c, n := utf8.DecodeRune(data[i:])
		i += n
		switch c {
		case '\r':
			if i < len(data) && data[i] == '\n' {
				i++
			}
			l.starts = append(l.starts, i)
		case '\n', '\u0085', '\u2028', '\u2029':
			l.starts = append(l.starts, i)
		}
	}
	return l
}

// number is the line that holds the byte at offset.
func (l *lines) number(offset int) int {
	i, found := slices.BinarySearch(l.starts, offset)
	if found {
		return i + 1
	}
	return i
}

// begin and end bound a line, its line end included. Lines past the last are
// empty and at the end of the text.
func (l *lines) begin(line int) int {
	if line-1 >= len(l.starts) {
		return len(l.data)
	}
	return l.starts[line-1]
}

func (l *lines) end(line int) int { return l.begin(line + 1) }

// of is the line without blanks around it.
func (l *lines) of(line int) []byte {
	return bytes.TrimSpace(l.data[l.begin(line):l.end(line)])
}

// count is the number of lines that have something in them.
func (l *lines) count() int {
	n := len(l.starts)
	if l.begin(n) == len(l.data) {
		n--
	}
	return n
}

// indent is the number of blanks that a line begins with.
func (l *lines) indent(line int) int {
	text := l.data[l.begin(line):l.end(line)]
	return len(text) - len(bytes.TrimLeft(text, " "))
}

// offset is the byte at which a node begins.
func (l *lines) offset(n *yaml.Node) int {
	i := l.begin(n.Line)
	if n.Line == 1 && bytes.HasPrefix(l.data, []byte("\ufeff")) {
		i += len("\ufeff") // the library does not count the mark as a column
	}
	for column := 1; column < n.Column && i < len(l.data); column++ {
		_, size := utf8.DecodeRune(l.data[i:])
		i += size
	}
	return i
}

// blank reports whether a line has no content: nothing, or a comment.
func (l *lines) blank(line int) bool {
	text := l.of(line)
	return len(text) == 0 || text[0] == '#'
}

// restBlank reports whether nothing but a comment follows on offset's line.
func (l *lines) restBlank(offset int) bool {
	rest := l.data[offset:l.end(l.number(offset))]
	trimmed := bytes.TrimSpace(rest)
	return len(trimmed) == 0 || trimmed[0] == '#' && len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t')
}
