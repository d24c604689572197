package configfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"
)

// maxDepth bounds how deep brackets may nest: the parser calls itself.
const maxDepth = 5000

type jsonFile struct {
	data []byte
	root *hujson.Value // nil: nothing but blanks and comments
	off  int           // of the parsed text in data
}

func parseJSON(data []byte) (File, error) {
	text, off := withoutMark(data)
	f := &jsonFile{data: data, off: off}
	if i := tooDeep(text); i >= 0 {
		return nil, &SyntaxError{position(text, i), fmt.Sprintf("over %d brackets inside each other", maxDepth)}
	}
	// With a line end: the library wants one behind a comment, also behind the last.
	terminated := append(bytes.Clone(text), '\n')
	if _, err := hujson.Parse(append([]byte("null\n"), terminated...)); err == nil { // nothing but blanks and comments
		return f, nil
	}
	root, err := hujson.Parse(terminated)
	if err != nil {
		return nil, jsonError(text, err)
	}
	if _, ok := root.Value.(*hujson.Object); !ok {
		return nil, &SyntaxError{position(text, root.StartOffset), "the file holds no object: {…}"}
	}
	f.root = &root
	return f, nil
}

// tooDeep is where brackets nest too deep, -1 if they do not. Those in texts and
// comments count too, which only matters in a file that has thousands of them.
func tooDeep(text []byte) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth = max(depth-1, 0)
		}
		if depth > maxDepth {
			return i
		}
	}
	return -1
}

var hujsonPlace = regexp.MustCompile(`^hujson: line (\d+), column (\d+): `)

// jsonError has the place of an error of the library, which says it in words.
func jsonError(text []byte, err error) error {
	what, pos := err.Error(), Position{1, 1}
	if m := hujsonPlace.FindStringSubmatch(what); m != nil {
		pos.Line, _ = strconv.Atoi(m[1])
		pos.Column, _ = strconv.Atoi(m[2])
		what = what[len(m[0]):]
	}
	if strings.HasPrefix(what, "invalid literal") { // it goes on with the literal, which may be a secret
		what = "neither a text, a number, true, false nor null"
	}
	return &SyntaxError{pos, what}
}

func (f *jsonFile) pos(v hujson.Value) Position { return position(f.data[f.off:], v.StartOffset) }

// find is what is at path, the object or list that it is in, and how much of path
// there is.
func (f *jsonFile) find(path []string) (at, parent *hujson.Value, depth int, err error) {
	at = f.root
	for depth = 0; at != nil && depth < len(path); depth++ {
		next, err := f.child(at, path[depth], path[:depth])
		if err != nil {
			return nil, nil, depth, err
		}
		if next == nil {
			return at, at, depth, nil
		}
		at, parent = next, at
	}
	return at, parent, depth, nil
}

// child is a member of an object, or an element of a list, nil if there is none.
func (f *jsonFile) child(of *hujson.Value, key string, path []string) (child *hujson.Value, err error) {
	switch v := of.Value.(type) {
	case *hujson.Object:
		for i := range v.Members {
			m := &v.Members[i]
			if m.Name.Value.(hujson.Literal).String() != key {
				continue
			}
			if child != nil {
				return nil, &ShapeError{f.pos(m.Name), fmt.Sprintf("%q is given twice; remove one of the two", key)}
			}
			child = &m.Value
		}
		return child, nil
	case *hujson.Array:
		switch i, ok := placeIn(key, len(v.Elements)); {
		case ok && i < len(v.Elements):
			return &v.Elements[i], nil
		case ok:
			return nil, nil
		}
	}
	return nil, &ShapeError{f.pos(*of), fmt.Sprintf("%s is no object", strings.Join(path, "."))}
}

func (f *jsonFile) Entries(path ...string) ([]Entry, bool, error) {
	at, _, depth, err := f.find(path)
	if err != nil || at == nil || depth < len(path) {
		return nil, false, err
	}
	object, ok := at.Value.(*hujson.Object)
	if !ok {
		return nil, false, &ShapeError{f.pos(*at), fmt.Sprintf("%s is no object", strings.Join(path, "."))}
	}
	entries := []Entry{}
	for _, m := range object.Members {
		entries = append(entries, Entry{Key: m.Name.Value.(hujson.Literal).String(), Value: jsonValue(m.Value.Value), Pos: f.pos(m.Name)})
	}
	return entries, true, nil
}

func jsonValue(v hujson.ValueTrimmed) any {
	switch v := v.(type) {
	case *hujson.Object:
		o := Object{}
		for _, m := range v.Members {
			o = append(o, Member{m.Name.Value.(hujson.Literal).String(), jsonValue(m.Value.Value)})
		}
		return o
	case *hujson.Array:
		list := []any{}
		for _, e := range v.Elements {
			list = append(list, jsonValue(e.Value))
		}
		return list
	case hujson.Literal:
		switch v.Kind() {
		case '"':
			return v.String()
		case 't', 'f':
			return v.Bool()
		case '0':
			if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
				return n
			}
			return Number(v)
		}
	}
	return nil
}

// jsonText prints a value. With an indent every member and element has a line of
// its own; lists of plain values are kept on one.
func jsonText(v any, margin, unit, newline string) string {
	switch v := v.(type) {
	case Object:
		if len(v) == 0 {
			return "{}"
		}
		return jsonBlock("{", "}", len(v), margin, unit, newline, func(i int) string {
			return quote(v[i].Key) + colon(unit) + jsonText(v[i].Value, margin+unit, unit, newline)
		})
	case []any:
		for _, e := range v {
			switch e.(type) {
			case Object, []any:
				return jsonBlock("[", "]", len(v), margin, unit, newline, func(i int) string {
					return jsonText(v[i], margin+unit, unit, newline)
				})
			}
		}
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = jsonText(e, "", "", newline)
		}
		return "[" + strings.Join(parts, ","+strings.Repeat(" ", min(len(unit), 1))) + "]"
	case string:
		return quote(v)
	case Number:
		return string(v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("configfile: printing %T: %v", v, err))
	}
	return string(raw)
}

func jsonBlock(open, shut string, n int, margin, unit, newline string, item func(int) string) string {
	var b strings.Builder
	b.WriteString(open)
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		if unit != "" {
			b.WriteString(newline + margin + unit)
		}
		b.WriteString(item(i))
	}
	if unit != "" {
		b.WriteString(newline + margin)
	}
	b.WriteString(shut)
	return b.String()
}

func colon(unit string) string {
	if unit == "" {
		return ":"
	}
	return ": "
}

func quote(text string) string { return string(hujson.String(text)) }
