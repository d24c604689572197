package configfile

import (
	"bytes"
	"strings"

	"github.com/tailscale/hujson"
)

// layout is how an object is written: what stands before each of its members,
// and by how much what is inside of one is indented.
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
	return f.insert(at, path[depth], value), nil
}

// insert adds the last member of an object.
func (f *jsonFile) insert(at *hujson.Value, key string, value any) []Splice {
	object := at.Value.(*hujson.Object)
	l := f.layout(object)
	member := quote(key) + colon(l.unit) + jsonText(value, l.margin, l.unit, l.newline)
	shut := f.off + at.EndOffset - 1 // of the closing brace
	if len(object.Members) == 0 {
		inside := f.data[f.off+at.StartOffset+1 : shut]
		if l.unit == "" {
			return []Splice{{shut, shut, member}}
		}
		kept := len(bytes.TrimRight(inside, " \t\r\n")) // comments
		return []Splice{{shut - len(inside) + kept, shut, l.newline + l.margin + member + l.newline + l.outer}}
	}
	last := object.Members[len(object.Members)-1]
	end := f.off + last.Value.EndOffset
	tail := f.data[end:shut]
	place := end + len(bytes.TrimRight(tail, " \t\r\n")) // behind comments
	comma := trailingComma(object)
	var splices []Splice
	if !comma {
		splices = append(splices, Splice{end, end, ","})
	} else {
		member += ","
	}
	if l.unit == "" {
		if bytes.Contains(tail, []byte("//")) { // a comment ends the line, and so the one line is none
			return append(splices, Splice{place, place, l.newline + member})
		}
		return append(splices, Splice{place, place, strings.Repeat(" ", spaceAfterComma(f.data, object)) + member})
	}
	text := l.newline + l.margin + member
	if !bytes.Contains(f.data[place:shut], []byte("\n")) { // the brace is on the last member's line
		text += l.newline + l.outer
		return append(splices, Splice{place, shut, text})
	}
	return append(splices, Splice{place, place, text})
}

// trailingComma reports a comma behind the last member, which the library shows
// by blanks, at least empty ones, between the two.
func trailingComma(o *hujson.Object) bool {
	return len(o.Members) > 0 && o.Members[len(o.Members)-1].Value.AfterExtra != nil
}

// spaceAfterComma is 1 when members on one line are set apart.
func spaceAfterComma(data []byte, o *hujson.Object) int {
	if len(o.Members) > 1 && len(o.Members[1].Name.BeforeExtra) == 0 {
		return 0
	}
	if len(o.Members) == 1 && len(o.Members[0].Value.BeforeExtra) == 0 {
		return 0
	}
	return 1
}

func (f *jsonFile) Remove(path []string) ([]Splice, error) {
	if f.root == nil {
		return nil, nil
	}
	at, parent, depth, err := f.find(path)
	if err != nil || depth < len(path) {
		return nil, err
	}
	index := 0
	for i := range parent.Members {
		if &parent.Members[i].Value == at {
			index = i
		}
	}
	m := parent.Members[index]
	start, end := f.off+m.Name.StartOffset, f.off+m.Value.EndOffset
	if within := f.valueOf(parent); len(parent.Members) == 1 {
		open, shut := f.off+within.StartOffset+1, f.off+within.EndOffset-1
		if len(bytes.Trim(f.data[open:start], " \t\r\n"))+len(bytes.Trim(f.data[end:shut], " \t\r\n,")) == 0 {
			return []Splice{{open, shut, ""}}, nil
		}
	}
	last := index == len(parent.Members)-1
	var splices []Splice
	switch {
	case !last || trailingComma(parent): // the comma behind it goes with it
		end += len(m.Value.AfterExtra)
		if bytes.Contains(m.Value.AfterExtra, []byte("/")) { // a comment in between stays
			splices = append(splices, Splice{end, end + 1, ""})
			end = f.off + m.Value.EndOffset
		} else {
			end++
		}
	case index > 0: // the comma of the one before it, which is now the last
		before := parent.Members[index-1].Value
		comma := f.off + before.EndOffset + len(before.AfterExtra)
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

// layout is how an object, or the one that holds it, is written. An empty object
// is written as its own line is.
func (f *jsonFile) layout(o *hujson.Object) layout {
	l := layout{newline: lineEnd(f.data), unit: f.unit()}
	at := f.valueOf(o)
	l.outer, _ = indentOf(f.data, f.off+at.StartOffset)
	if len(o.Members) > 0 {
		first := f.off + o.Members[0].Name.StartOffset
		margin, alone := indentOf(f.data, first)
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
	l.margin = l.outer + l.unit
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

// valueOf is the value that holds an object.
func (f *jsonFile) valueOf(o *hujson.Object) *hujson.Value {
	for v := range f.root.All() {
		if got, ok := v.Value.(*hujson.Object); ok && got == o {
			return v
		}
	}
	panic("configfile: an object of another file")
}
