package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// object is a JSON object that keeps the order of its members: of what a
// server lists first the reader sees first.
type object []member

type member struct {
	key   string
	value any // nil, bool, json.Number, string, []any or object
}

func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, quote(m.key)...), ':')
		b = append(b, encode(m.value)...)
	}
	return append(b, '}'), nil
}

// treeOf is v as JSON would have it, with every text in it passed through g.
func treeOf(v any, g *gate) (any, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	d := json.NewDecoder(&b)
	d.UseNumber()
	return readTree(d, g)
}

func readTree(d *json.Decoder, g *gate) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case string:
		return g.cell(token), nil
	case json.Delim:
		if token == '[' {
			list := []any{}
			for d.More() {
				v, err := readTree(d, g)
				if err != nil {
					return nil, err
				}
				list = append(list, v)
			}
			_, err = d.Token()
			return list, err
		}
		o := object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := readTree(d, g)
			if err != nil {
				return nil, err
			}
			o = append(o, member{g.text(key.(string)), v})
		}
		_, err = d.Token()
		return g.object(o), err
	}
	return token, nil
}

// text renders an object for reading: one line per member, a list of objects
// as a table.
func (o object) text(b *strings.Builder) {
	for _, m := range o {
		if rows, ok := table(m.value); ok {
			fmt.Fprintf(b, "%s:\n", m.key)
			writeTable(b, rows)
			continue
		}
		fmt.Fprintf(b, "%s: %s\n", m.key, inline(m.value))
	}
}

// table returns the rows of a list of objects, false for anything else.
func table(v any) ([]object, bool) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, false
	}
	rows := make([]object, len(list))
	for i, e := range list {
		if rows[i], ok = e.(object); !ok {
			return nil, false
		}
	}
	return rows, true
}

// writeTable writes a header and one line per row, with tabs between cells.
// A row that lacks a column has an empty cell.
func writeTable(b *strings.Builder, rows []object) {
	columns := columnsOf(rows)
	b.WriteString(strings.Join(columns, "\t") + "\n")
	for _, row := range rows {
		writeRow(b, columns, row)
	}
}

func columnsOf(rows []object) []string {
	var columns []string
	seen := make(map[string]bool)
	for _, row := range rows {
		for _, m := range row {
			if !seen[m.key] {
				seen[m.key] = true
				columns = append(columns, m.key)
			}
		}
	}
	return columns
}

func writeRow(b *strings.Builder, columns []string, row object) {
	for i, column := range columns {
		if i > 0 {
			b.WriteByte('\t')
		}
		for _, m := range row {
			if m.key == column {
				b.WriteString(inline(m.value))
				break
			}
		}
	}
	b.WriteByte('\n')
}

// inline is a value on one line.
func inline(v any) string {
	switch v := v.(type) {
	case string:
		return oneLine.Replace(v)
	case json.Number:
		return v.String()
	case []any:
		if len(v) == 0 {
			return "none"
		}
		parts := make([]string, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok || strings.ContainsAny(s, ",\n\t") {
				return encode(v)
			}
			parts[i] = s
		}
		return strings.Join(parts, ", ")
	case object:
		parts := make([]string, len(v))
		for i, m := range v {
			s := encode(m.value)
			if plain, ok := m.value.(string); ok && plain != "" && !strings.ContainsAny(plain, " =\"\n\t") {
				s = plain
			}
			parts[i] = m.key + "=" + s
		}
		return strings.Join(parts, " ")
	}
	return encode(v) // null, true, false
}

var oneLine = strings.NewReplacer("\n", `\n`, "\t", `\t`)
