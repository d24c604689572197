package configfile

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

func (f *tomlFile) Set(path []string, value any) ([]Splice, error) {
	table, ok := value.(Object)
	if !ok {
		return nil, fmt.Errorf("setting %s: only tables are set in TOML, this is a %T", strings.Join(path, "."), value)
	}
	pieces, err := f.pieces(path)
	if err != nil {
		return nil, err
	}
	block := tomlTable(path, table, lineEnd(f.data))
	var splices []Splice
	placed := false
	for _, e := range pieces {
		text := ""
		if e.header && !placed {
			text, placed = block, true
			if e.end == len(f.data)-f.off && f.data[len(f.data)-1] != '\n' {
				text = strings.TrimSuffix(text, lineEnd(f.data))
			}
		}
		splices = append(splices, Splice{f.off + e.start, f.off + e.end, text})
	}
	if placed {
		return splices, nil
	}
	at := f.place(path)
	return append(splices, Splice{at, at, f.gap(at) + block}), nil
}

func (f *tomlFile) Remove(path []string) ([]Splice, error) {
	pieces, err := f.pieces(path)
	if err != nil {
		return nil, err
	}
	var splices []Splice
	for _, e := range pieces {
		start, end := f.off+e.start, f.off+e.end
		// One of the two blank lines around it goes too.
		if begin := lineBegin(f.data, max(start-1, 0)); e.header && begin < start && len(bytes.TrimSpace(f.data[begin:start])) == 0 {
			start = begin
		}
		splices = append(splices, Splice{start, end, ""})
	}
	return splices, nil
}

// pieces are the parts of the file that make up the table at path: the lines of
// headers with their keys, and single keys elsewhere. Neighbours are joined.
func (f *tomlFile) pieces(path []string) ([]tomlExpr, error) {
	var pieces []tomlExpr
	open := false // the expression before was ours, in one piece with what follows
	for _, e := range f.exprs {
		if len(e.key) < len(path) && hasPrefix(path, e.key) {
			if e.list {
				return nil, &ShapeError{f.pos(e), fmt.Sprintf("%s is a list of tables", strings.Join(e.key, "."))}
			}
			if !e.header {
				return nil, &ShapeError{f.pos(e), fmt.Sprintf("%s is written on one line; give each of its tables a header: [%s.NAME]", strings.Join(e.key, "."), tomlKey(e.key))}
			}
		}
		if !hasPrefix(e.key, path) {
			open = false
			continue
		}
		if open && !e.header {
			pieces[len(pieces)-1].end = e.end
			continue
		}
		pieces = append(pieces, e)
		open = e.header
	}
	return pieces, nil
}

// place is where a new table goes: behind the tables beside it, else at the end.
func (f *tomlFile) place(path []string) int {
	at := len(f.data)
	for i, e := range f.exprs {
		if len(e.key) == 0 || e.key[0] != path[0] {
			continue
		}
		at = f.off + e.end
		for _, next := range f.exprs[i+1:] { // the keys behind it are not to become ours
			if next.header {
				break
			}
			at = f.off + next.end
		}
	}
	return at
}

// gap is what comes between the text before and a new header: a blank line.
func (f *tomlFile) gap(at int) string {
	before, newline := f.data[f.off:at], lineEnd(f.data)
	gap := ""
	if len(before) > 0 && before[len(before)-1] != '\n' {
		gap = newline
	}
	begin := lineBegin(before, max(len(before)-1, 0))
	if gap != "" || len(bytes.TrimSpace(before[begin:])) > 0 {
		gap += newline
	}
	return gap
}

// tomlTable prints a table under a header of its own. What is inside of it is
// written on one line each. There is no null in TOML: such members are left out.
func tomlTable(path []string, table Object, newline string) string {
	var b strings.Builder
	b.WriteString("[" + tomlKey(path) + "]" + newline)
	for _, m := range table {
		if m.Value != nil {
			b.WriteString(tomlKey([]string{m.Key}) + " = " + tomlText(m.Value) + newline)
		}
	}
	return b.String()
}

func tomlText(v any) string {
	switch v := v.(type) {
	case Object:
		var parts []string
		for _, m := range v {
			if m.Value != nil {
				parts = append(parts, tomlKey([]string{m.Key})+" = "+tomlText(m.Value))
			}
		}
		if len(parts) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = tomlText(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return tomlQuote(v)
	}
	return jsonText(v, "", "", "")
}

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func tomlKey(path []string) string {
	parts := make([]string, len(path))
	for i, key := range path {
		if parts[i] = key; !bareKey.MatchString(key) {
			parts[i] = tomlQuote(key)
		}
	}
	return strings.Join(parts, ".")
}

// tomlQuote is a basic string. It differs from JSON's in one character.
func tomlQuote(text string) string { return strings.ReplaceAll(quote(text), "\x7f", `\u007f`) }
