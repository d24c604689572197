package configfile

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"
)

// lists is a file whose lists can be edited element by element: JSON's. There a path
// goes into a list by the place of an element, counted from 0.
type lists interface {
	// Insert puts value in front of the element at path, or behind the last one.
	Insert(path []string, value any) ([]Splice, error)
}

// Elements are the elements of the list at path; their keys are their places. ok is
// false when there is no such list, and in YAML, whose lists are mappings here. The error
// says what else stands there.
func Elements(f File, path ...string) (elements []Entry, ok bool, err error) {
	if f, is := f.(interface {
		Elements(path ...string) ([]Entry, bool, error)
	}); is {
		return f.Elements(path...)
	}
	return nil, false, nil
}

// placeIn is an element's place in a list of n. A list takes one more behind its last.
func placeIn(key string, n int) (int, bool) {
	i, err := strconv.Atoi(key)
	return i, err == nil && i >= 0 && i <= n && strconv.Itoa(i) == key
}

// part is a member or an element as it stands in the text, in offsets of the file.
type part struct {
	start, end int // of name and value
	before     hujson.Extra
	after      hujson.Extra // up to the comma
	value      *hujson.Value
}

// parts are those of an object or a list.
func (f *jsonFile) parts(of *hujson.Value) []part {
	var out []part
	switch v := of.Value.(type) {
	case *hujson.Object:
		for i := range v.Members {
			m := &v.Members[i]
			out = append(out, part{f.off + m.Name.StartOffset, f.off + m.Value.EndOffset, m.Name.BeforeExtra, m.Value.AfterExtra, &m.Value})
		}
	case *hujson.Array:
		for i := range v.Elements {
			e := &v.Elements[i]
			out = append(out, part{f.off + e.StartOffset, f.off + e.EndOffset, e.BeforeExtra, e.AfterExtra, e})
		}
	}
	return out
}

func (f *jsonFile) Elements(path ...string) ([]Entry, bool, error) {
	at, _, depth, err := f.find(path)
	if err != nil || at == nil || depth < len(path) {
		return nil, false, err
	}
	list, ok := at.Value.(*hujson.Array)
	if !ok {
		return nil, false, &ShapeError{f.pos(*at), fmt.Sprintf("%s is no list", strings.Join(path, "."))}
	}
	elements := []Entry{}
	for i, e := range list.Elements {
		elements = append(elements, Entry{Key: strconv.Itoa(i), Value: jsonValue(e.Value), Pos: f.pos(e)})
	}
	return elements, true, nil
}

func (f *jsonFile) Insert(path []string, value any) ([]Splice, error) {
	last := len(path) - 1
	at, _, depth, err := f.find(path[:last])
	if err != nil {
		return nil, err
	}
	if at == nil || depth < last {
		return nil, &ShapeError{Position{1, 1}, fmt.Sprintf("there is no list %s", strings.Join(path[:last], "."))}
	}
	list, ok := at.Value.(*hujson.Array)
	if !ok {
		return nil, &ShapeError{f.pos(*at), fmt.Sprintf("%s is no list", strings.Join(path[:last], "."))}
	}
	i, ok := placeIn(path[last], len(list.Elements))
	if !ok {
		return nil, &ShapeError{f.pos(*at), fmt.Sprintf("%s ends before place %s", strings.Join(path[:last], "."), path[last])}
	}
	l := f.layout(at)
	text := jsonText(value, l.margin, l.unit, l.newline)
	if i == len(list.Elements) {
		return f.insert(at, text), nil
	}
	return f.insertBefore(at, i, text), nil
}

// setBefore is Set, with a member that is new in front of another one of its mapping.
func (f *jsonFile) setBefore(path []string, value any, before string) ([]Splice, error) {
	last := len(path) - 1
	if f.root == nil {
		return f.Set(path, value)
	}
	at, _, depth, err := f.find(path)
	if err != nil || depth != last {
		return f.Set(path, value)
	}
	object, ok := at.Value.(*hujson.Object)
	if !ok {
		return f.Set(path, value)
	}
	for i, m := range object.Members {
		if m.Name.Value.(hujson.Literal).String() == before {
			l := f.layout(at)
			return f.insertBefore(at, i, quote(path[last])+colon(l.unit)+jsonText(value, l.margin, l.unit, l.newline)), nil
		}
	}
	return f.Set(path, value)
}

// insertBefore puts a text in front of element or member i. What is said about that one in a
// comment above it stays above it, and what is said behind the one before stays there.
func (f *jsonFile) insertBefore(list *hujson.Value, i int, text string) []Splice {
	parts := f.parts(list)
	next := parts[i]
	margin, alone := indentOf(f.data, next.start)
	if !alone { // on a line with others
		return []Splice{{next.start, next.start, text + "," + strings.Repeat(" ", f.spaceAfterComma(list))}}
	}
	newline := lineEnd(f.data)
	if i > 0 && !bytes.Contains(next.before, []byte("/*")) {
		comma := parts[i-1].end + len(parts[i-1].after) + 1
		if rest, _, found := bytes.Cut(f.data[comma:next.start], []byte("\n")); found {
			place := comma + len(bytes.TrimRight(rest, " \t\r"))
			return []Splice{{place, place, newline + margin + text + ","}}
		}
	}
	return []Splice{{next.start, next.start, text + "," + newline + margin}}
}
