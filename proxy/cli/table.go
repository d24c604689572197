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
	heads []string
	right []bool
	rows  [][]cell
}

type cell struct {
	text  string
	style style
}

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

// print writes the table. The last column is cut where the terminal ends.
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
		last := i == len(row)-1
		if i > 0 {
			b.WriteString("  ")
			at += 2
		}
		if room := t.io.Width - at; last && t.io.Width > 0 && room > 10 {
			c.text = shorten(c.text, room)
		}
		pad := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(c.text)))
		at += widths[i]
		text := t.io.paint(c.text, c.style)
		switch {
		case t.right[i]:
			b.WriteString(pad + text)
		case last:
			b.WriteString(text)
		default:
			b.WriteString(text + pad)
		}
	}
	fmt.Fprintln(t.io.Out, strings.TrimRight(b.String(), " "))
}

// shorten cuts text to width characters.
func shorten(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:width-1]), " ") + "…"
}
