package configfile

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// layout is how an object or a list is written: what stands before each of its
// members, and by how much what is inside of one is indented.
type layout struct {
	margin  string // of a member
	outer   string // of the line on which the object ends
	unit    string // empty: everything is on one line
	newline string
}

func (f *jsonFile) Set(path []string, value any) ([]Splice, error) {
	if f.root == nil {
		newline := lineEnd(f.data)
		before := ""
		if text := f.data[f.off:]; len(text) > 0 && text[len(text)-1] != '\n' {
			before = newline
		}
		whole := Object{{path[len(path)-1], value}}
		for i := len(path) - 2; i >= 0; i-- {
			whole = Object{{path[i], whole}}
		}
		return []Splice{{len(f.data), len(f.data), before + jsonText(whole, "", "  ", newline) + newline}}, nil
	}
	at, parent, depth, err := f.find(path)
	if err != nil {
		return nil, err
	}
	if depth == len(path) {
		l := f.layout(parent)
		return []Splice{{f.off + at.StartOffset, f.off + at.EndOffset, jsonText(value, l.margin, l.unit, l.newline)}}, nil
	}
	for i := len(path) - 1; i > depth; i-- {
		value = Object{{path[i], value}}
	}
	l := f.layout(at)
	text := jsonText(value, l.margin, l.unit, l.newline)
	if _, ok := at.Value.(*hujson.Object); ok {
		text = quote(path[depth]) + colon(l.unit) + text
	}
	return f.insert(at, text), nil
}

// insert adds the last member of an object, or the last element of a list.
func (f *jsonFile) insert(at *hujson.Value, text string) []Splice {
	parts := f.parts(at)
	l := f.layout(at)
	shut := f.off + at.EndOffset - 1 // of the closing brace
	if len(parts) == 0 {
		inside := f.data[f.off+at.StartOffset+1 : shut]
		if l.unit == "" {
			return []Splice{{shut, shut, text}}
		}
		kept := len(bytes.TrimRight(inside, " \t\r\n")) // comments
		return []Splice{{shut - len(inside) + kept, shut, l.newline + l.margin + text + l.newline + l.outer}}
	}
	end := parts[len(parts)-1].end
	tail := f.data[end:shut]
	place := end + len(bytes.TrimRight(tail, " \t\r\n")) // behind comments
	var splices []Splice
	if !trailingComma(parts) {
		splices = append(splices, Splice{end, end, ","})
	} else {
		text += ","
	}
	if l.unit == "" {
		if bytes.Contains(tail, []byte("//")) { // a comment ends the line, and so the one line is none
			return append(splices, Splice{place, place, l.newline + text})
		}
		return append(splices, Splice{place, place, strings.Repeat(" ", f.spaceAfterComma(at)) + text})
	}
	text = l.newline + l.margin + text
	if !bytes.Contains(f.data[place:shut], []byte("\n")) { // the brace is on the last one's line
		text += l.newline + l.outer
		return append(splices, Splice{place, shut, text})
	}
	return append(splices, Splice{place, place, text})
}

// trailingComma reports a comma behind the last one, which the library shows by
// blanks, at least empty ones, between the two.
func trailingComma(parts []part) bool {
	return len(parts) > 0 && parts[len(parts)-1].after != nil
}

// spaceAfterComma is 1 when what is on one line is set apart. Where one alone does not
// show it, the blank behind a colon does.
func (f *jsonFile) spaceAfterComma(at *hujson.Value) int {
	parts := f.parts(at)
	if len(parts) > 1 {
		return min(len(parts[1].before), 1)
	}
	if _, ok := at.Value.(*hujson.Object); ok {
		return min(len(parts[0].value.BeforeExtra), 1)
	}
	return min(len(f.parts(f.root)[0].value.BeforeExtra), 1)
}

func (f *jsonFile) Remove(path []string) ([]Splice, error) {
	if f.root == nil {
		return nil, nil
	}
	at, parent, depth, err := f.find(path)
	if err != nil || depth < len(path) {
		return nil, err
	}
	parts := f.parts(parent)
	index := slices.IndexFunc(parts, func(p part) bool { return p.value == at })
	start, end := parts[index].start, parts[index].end
	after := parts[index].after
	if len(parts) == 1 { // the brackets go together again, when nothing else is between them
		open, shut := f.off+parent.StartOffset+1, f.off+parent.EndOffset-1
		if len(bytes.Trim(f.data[open:start], " \t\r\n"))+len(bytes.Trim(f.data[end:shut], " \t\r\n,")) == 0 {
			return []Splice{{open, shut, ""}}, nil
		}
	}
	last := index == len(parts)-1
	var splices []Splice
	switch {
	case !last || trailingComma(parts): // the comma behind it goes with it
		comma := end + len(after)
		if bytes.Contains(after, []byte("/")) { // a comment in between stays
			splices = append(splices, Splice{comma, comma + 1, ""})
		} else {
			end = comma + 1
		}
	case index > 0: // the comma of the one before it, which is now the last
		comma := parts[index-1].end + len(parts[index-1].after)
		splices = append(splices, Splice{comma, comma + 1, ""})
	}
	start, end = f.wholeLine(start, end)
	return append(splices, Splice{start, end, ""}), nil
}

// wholeLine widens a range to its lines when nothing else is on them.
func (f *jsonFile) wholeLine(start, end int) (int, int) {
	begin := lineBegin(f.data, start)
	if len(bytes.TrimLeft(f.data[begin:start], " \t")) > 0 || begin == 0 {
		for end < len(f.data) && (f.data[end] == ' ' || f.data[end] == '\t') {
			end++ // what set it apart from the next
		}
		return start, end
	}
	rest := f.data[end:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 && len(bytes.TrimSpace(rest[:i])) == 0 {
		return begin, end + i + 1
	}
	return start, end
}

// layout is how an object or a list is written. An empty one is written as its own
// line is.
func (f *jsonFile) layout(at *hujson.Value) layout {
	l := layout{newline: lineEnd(f.data), unit: f.unit()}
	l.outer, _ = indentOf(f.data, f.off+at.StartOffset)
	parts := f.parts(at)
	if len(parts) == 0 {
		l.margin = l.outer + l.unit
		return l
	}
	margin, alone := indentOf(f.data, parts[0].start)
	if !alone { // on the line of the brace
		l.unit, l.margin = "", l.outer
		return l
	}
	l.margin = margin
	if extra, ok := strings.CutPrefix(margin, l.outer); ok && extra != "" {
		l.unit = extra
	}
	return l
}

// unit is how the file indents: what stands before the first member of the root.
// It is empty when the file is one line.
func (f *jsonFile) unit() string {
	members := f.root.Value.(*hujson.Object).Members
	if len(members) == 0 {
		return "  "
	}
	indent, alone := indentOf(f.data, f.off+members[0].Name.StartOffset)
	switch {
	case !alone:
		return ""
	case indent == "":
		return "  "
	}
	return indent
}
