package registry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// document parses the YAML. The root is nil when there is none. ok is false
// when nothing below it can be trusted.
func (r *reader) document() (root *yaml.Node, ok bool) {
	if len(r.data) > MaxSize {
		r.at(1, 1, "", "the file is over %d bytes, which no registry needs", MaxSize)
		return nil, false
	}
	if !r.text() {
		return nil, false
	}
	decoder := yaml.NewDecoder(bytes.NewReader(r.data))
	var doc, next yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, true
	} else if err != nil {
		r.syntax(err)
		return nil, false
	}
	if err := decoder.Decode(&next); err == nil {
		r.problem(&next, "keep one document in the file", "a second YAML document")
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
	}
	if len(doc.Content) == 0 {
		return nil, true
	}
	r.refuseIndirect(doc.Content[0])
	return doc.Content[0], true
}

// text reports bytes that YAML does not allow. The library finds them too, but
// does not say where.
func (r *reader) text() bool {
	line, column := 1, 1
	for i := 0; i < len(r.data); {
		c, n := utf8.DecodeRune(r.data[i:])
		switch {
		case c == utf8.RuneError && n == 1:
			r.at(line, column, "save the file as UTF-8", "the text is not UTF-8")
			return false
		case c < ' ' && c != '\t' && c != '\n' && c != '\r', c == 0x7f:
			r.at(line, column, "", "control character %U", c)
			return false
		case c == '\n':
			line, column = line+1, 0
		}
		i += n
		column++
	}
	return true
}

var syntaxError = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// The library counts lines from 0 in the errors of its parser, and from 1 in
// those of its scanner. These words are the parser's alone; a golden file fails
// when that is mended.
var parserError = regexp.MustCompile(`^did not find expected (<|node content|'-' indicator|key|',' or)`)

// syntax takes the place out of the library's message, which has no column. The
// line is often that of the mapping or list in which the mistake is.
func (r *reader) syntax(err error) {
	line, message := 0, err.Error()
	if m := syntaxError.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1]) // none is 0
		message = m[2]
	}
	if parserError.MatchString(message) {
		line++
	}
	hint := ""
	if strings.Contains(message, "cannot start any token") && bytes.ContainsRune(r.data, '\t') {
		hint = "indent with spaces, YAML takes no tabs"
	}
	r.at(max(line, 1), 1, hint, "invalid YAML: %s", message)
}

// refuseIndirect reports what makes a file read differently from what is
// written where one looks. Refusing aliases also ends the files that are small
// and expand to gigabytes.
func (r *reader) refuseIndirect(n *yaml.Node) {
	const why = "a registry must read the same for everyone"
	switch {
	case n.Kind == yaml.AliasNode:
		r.problem(n, "write the value out: "+why, "the alias *%s is refused", n.Value)
	case n.Anchor != "":
		r.problem(n, "remove it: "+why, "the anchor &%s is refused", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		r.problem(n, "use quotes for text: "+why, "the tag %s is refused", n.Tag)
	}
	for _, child := range n.Content {
		r.refuseIndirect(child)
	}
}

// reader collects problems while a file is read. It goes on after each.
type reader struct {
	layer    Layer  // empty for a file that is read alone
	partial  bool   // servers and profiles that it names may be in another layer
	base     string // folder that command and cwd may be relative to; empty: they may not
	path     string
	data     []byte
	lines    []string // made when first needed
	problems []Problem
}

func (r *reader) pos(n *yaml.Node) Position {
	return Position{File: r.path, Line: max(n.Line, 1), Column: max(n.Column, 1)}
}

func (r *reader) problem(n *yaml.Node, hint, format string, args ...any) {
	r.report(r.pos(n), hint, format, args...)
}

func (r *reader) at(line, column int, hint, format string, args ...any) {
	r.report(Position{File: r.path, Line: line, Column: column}, hint, format, args...)
}

func (r *reader) report(pos Position, hint, format string, args ...any) {
	r.problems = append(r.problems, Problem{Pos: pos, Message: fmt.Sprintf(format, args...), Hint: hint})
}
