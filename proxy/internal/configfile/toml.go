package configfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

type tomlFile struct {
	data  []byte
	off   int // of the parsed text in data
	exprs []tomlExpr
}

// tomlExpr is a header or a key with its value. Each begins a line; TOML allows
// nothing else on it but a comment.
type tomlExpr struct {
	header     bool
	list       bool     // a header of an array of tables: [[…]]
	key        []string // the whole path: of a key, that of its header and its own
	value      any
	at         int // of the key, in the parsed text
	start, end int // of its lines, in the parsed text; end is behind the line end
}

func parseTOML(data []byte) (File, error) {
	text, off := withoutMark(data)
	var all map[string]any // the other parser does not see what is defined twice
	if err := toml.Unmarshal(text, &all); err != nil {
		return nil, tomlError(err)
	}
	f := &tomlFile{data: data, off: off}
	var p unstable.Parser
	p.Reset(text)
	var header []string
	for p.NextExpression() {
		node := p.Expression()
		e := tomlExpr{}
		var own []string
		for it := node.Key(); it.Next(); {
			if own == nil {
				e.at = int(it.Node().Raw.Offset)
			}
			own = append(own, string(it.Node().Data))
		}
		e.start = lineBegin(text, e.at)
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			e.header, e.list, e.key, header = true, node.Kind == unstable.ArrayTable, own, own
		case unstable.KeyValue:
			e.key, e.value = slices.Concat(header, own), tomlValue(node.Value())
		default:
			continue
		}
		f.exprs = append(f.exprs, e)
	}
	if err := p.Error(); err != nil {
		return nil, tomlError(err)
	}
	for i := range f.exprs {
		f.exprs[i].end = exprEnd(text, f.exprs[i].start)
	}
	return f, nil
}

func tomlError(err error) error {
	if e := (*toml.DecodeError)(nil); errors.As(err, &e) {
		line, column := e.Position()
		return &SyntaxError{Position{line, column}, strings.TrimPrefix(e.Error(), "toml: ")}
	}
	return &SyntaxError{Position{1, 1}, strings.TrimPrefix(err.Error(), "toml: ")}
}

func tomlValue(n *unstable.Node) any {
	switch n.Kind {
	case unstable.String:
		return string(n.Data)
	case unstable.Bool:
		return string(n.Data) == "true"
	case unstable.Integer:
		if i, err := strconv.ParseInt(strings.ReplaceAll(string(n.Data), "_", ""), 0, 64); err == nil {
			return i
		}
	case unstable.Array:
		list := []any{}
		for it := n.Children(); it.Next(); {
			list = append(list, tomlValue(it.Node()))
		}
		return list
	case unstable.InlineTable:
		o := Object{}
		for it := n.Children(); it.Next(); {
			var key []string
			for k := it.Node().Key(); k.Next(); {
				key = append(key, string(k.Node().Data))
			}
			o = o.with(key, tomlValue(it.Node().Value()))
		}
		return o
	}
	return Number(n.Data)
}

// with is o with a value at path. A mapping on the way that is missing is made; of a list
// of tables the last one is meant.
func (o Object) with(path []string, value any) Object {
	i := slices.IndexFunc(o, func(m Member) bool { return m.Key == path[0] })
	if i < 0 {
		o, i = append(o, Member{Key: path[0]}), len(o)
	}
	if len(path) == 1 {
		o[i].Value = value
		return o
	}
	if list, ok := o[i].Value.([]any); ok && len(list) > 0 {
		if last, ok := list[len(list)-1].(Object); ok {
			list[len(list)-1] = last.with(path[1:], value)
			return o
		}
	}
	inner, _ := o[i].Value.(Object)
	o[i].Value = inner.with(path[1:], value)
	return o
}

// another is o with one more table in the list at path.
func (o Object) another(path []string) Object {
	var at any = o
	for _, key := range path {
		if list, ok := at.([]any); ok && len(list) > 0 {
			at = list[len(list)-1]
		}
		inner, _ := at.(Object)
		at, _ = inner.Get(key)
	}
	list, _ := at.([]any)
	return o.with(path, append(list, Object{}))
}

// Elements are those of a list of tables, or of another list.
func (f *tomlFile) Elements(path ...string) ([]Entry, bool, error) {
	last := len(path) - 1
	entries, _, err := f.Entries(path[:last]...)
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Key == path[last] })
	if err != nil || i < 0 {
		return nil, false, err
	}
	list, ok := entries[i].Value.([]any)
	if !ok {
		return nil, false, &ShapeError{entries[i].Pos, fmt.Sprintf("%s is no list", strings.Join(path, "."))}
	}
	var headers []Position
	for _, e := range f.exprs {
		if e.list && slices.Equal(e.key, path) {
			headers = append(headers, f.pos(e))
		}
	}
	elements := []Entry{}
	for n, v := range list {
		e := Entry{Key: strconv.Itoa(n), Value: v, Pos: entries[i].Pos}
		if len(headers) == len(list) {
			e.Pos = headers[n]
		}
		elements = append(elements, e)
	}
	return elements, true, nil
}

func (f *tomlFile) pos(e tomlExpr) Position { return position(f.data[f.off:], e.at) }

func (f *tomlFile) Entries(path ...string) ([]Entry, bool, error) {
	var whole Object
	places := map[string]Position{}
	found := len(path) == 0
	for _, e := range f.exprs {
		switch {
		case len(e.key) <= len(path):
			if !hasPrefix(path, e.key) {
				continue
			}
			if e.header {
				if e.list {
					return nil, false, &ShapeError{f.pos(e), fmt.Sprintf("%s is a list of tables", strings.Join(e.key, "."))}
				}
				found = found || len(e.key) == len(path)
				continue
			}
			inner, err := f.inside(e, path)
			if err != nil {
				return nil, false, err
			}
			if inner == nil {
				continue
			}
			found = true
			for _, m := range inner {
				whole = whole.with([]string{m.Key}, m.Value)
				places[m.Key] = f.pos(e)
			}
			continue
		case !hasPrefix(e.key, path):
			continue
		}
		found = true
		own := e.key[len(path):]
		if _, known := places[own[0]]; !known {
			places[own[0]] = f.pos(e)
		}
		switch {
		case e.list:
			whole = whole.another(own)
		case !e.header:
			whole = whole.with(own, e.value)
		case len(own) == 1:
			if _, known := whole.Get(own[0]); !known {
				whole = whole.with(own, Object{})
			}
		default:
			whole = whole.with(own, Object{})
		}
	}
	entries := []Entry{}
	for _, m := range whole {
		entries = append(entries, Entry{Key: m.Key, Value: m.Value, Pos: places[m.Key]})
	}
	return entries, found, nil
}

// inside is the mapping at path in the value of e, whose key is a part of path.
func (f *tomlFile) inside(e tomlExpr, path []string) (Object, error) {
	value := e.value
	for _, key := range path[len(e.key):] {
		o, ok := value.(Object)
		if !ok {
			break
		}
		if value, ok = o.Get(key); !ok {
			return nil, nil
		}
	}
	o, ok := value.(Object)
	if !ok {
		return nil, &ShapeError{f.pos(e), fmt.Sprintf("%s is no table", strings.Join(e.key, "."))}
	}
	return o, nil
}

func hasPrefix(path, prefix []string) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}
