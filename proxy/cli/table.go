package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// table prints aligned columns, two blanks between them. A column whose head
// begins with ">" is aligned to the right.
type table struct {
	io    *IO
	last  lastColumn
	heads []string
	right []bool
	rows  [][]cell
}

type cell struct {
	text  string
	style style
}

// lastColumn says what becomes of a last column that is wider than the terminal.
type lastColumn int

const (
	whole   lastColumn = iota // left to the terminal: paths and commands are copied
	cut                       // cut off, with an ellipsis
	wrapped                   // continued below itself
)

// minLast is the narrowest last column that is cut or wrapped.
const minLast = 20

func newTable(streams *IO, heads ...string) *table {
	t := &table{io: streams}
	for _, head := range heads {
		name, right := strings.CutPrefix(head, ">")
		t.heads = append(t.heads, name)
		t.right = append(t.right, right)
	}
	return t
}

// row adds a row of strings, numbers and cells.
func (t *table) row(values ...any) {
	row := make([]cell, len(t.heads))
	for i, v := range values {
		switch v := v.(type) {
		case cell:
			row[i] = v
		case int:
			row[i].text = count(v)
		default:
			row[i].text = fmt.Sprint(v)
		}
	}
	t.rows = append(t.rows, row)
}

// print writes the table.
func (t *table) print() {
	widths := make([]int, len(t.heads))
	for i, head := range t.heads {
		widths[i] = utf8.RuneCountInString(head)
	}
	for _, row := range t.rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	head := make([]cell, len(t.heads))
	named := false
	for i, name := range t.heads {
		head[i] = cell{name, dim}
		named = named || name != ""
	}
	if named {
		t.line(head, widths)
	}
	for _, row := range t.rows {
		t.line(row, widths)
	}
}

func (t *table) line(row []cell, widths []int) {
	var b strings.Builder
	at := 0 // the column of the terminal
	for i, c := range row {
		if i > 0 {
			b.WriteString("  ")
			at += 2
		}
		last := i == len(row)-1
		if room := t.io.Width - at; last && t.io.Width > 0 && room >= minLast {
			c.text = t.fit(c.text, room, at)
		}
		pad := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(c.text)))
		text := t.io.paint(c.text, c.style)
		switch {
		case t.right[i]:
			b.WriteString(pad + text)
		case last:
			b.WriteString(text)
		default:
			b.WriteString(text + pad)
		}
		at += widths[i]
	}
	fmt.Fprintln(t.io.Out, strings.TrimRight(b.String(), " "))
}

// fit makes the last column's text fit into room characters, which begin at
// column at.
func (t *table) fit(text string, room, at int) string {
	switch t.last {
	case cut:
		return shorten(text, room)
	case wrapped:
		return strings.TrimLeft(wrap(text, at+room, strings.Repeat(" ", at)), " ")
	}
	return text
}

// shorten cuts text to width characters.
func shorten(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:width-1]), " ") + "…"
}
