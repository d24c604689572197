package configfiletest

import (
	"fmt"
	"strings"
)

// JSON is a file of JSON, which may have comments and trailing commas, and may be
// written on one line.
func (r *Random) JSON() string {
	j := jsonStyle{Random: r, unit: pick(r, "  ", "\t", "    ", " ", ""), comments: r.oneIn(2), commas: r.oneIn(3)}
	if j.unit == "" {
		j.comments = false
	}
	return r.finished(j.above("") + j.object("", 3, true) + pick(r, "\n", "\n\n", "", " \n"))
}

type jsonStyle struct {
	*Random
	unit     string // empty: all on one line
	comments bool
	commas   bool // behind the last
}

// object is one with random members; the outermost may have an m.
func (j jsonStyle) object(margin string, depth int, outermost bool) string {
	var members []string
	for range j.IntN(4) {
		members = append(members, fmt.Sprintf("\"%s\":%s%s", j.word(), j.space(), j.value(margin+j.unit, depth-1)))
	}
	if outermost && !j.oneIn(3) {
		m := fmt.Sprintf("\"m\":%s%s", j.space(), j.object(margin+j.unit, depth-1, false))
		at := j.IntN(len(members) + 1)
		members = append(members[:at:at], append([]string{m}, members[at:]...)...)
	}
	return j.within("{", "}", margin, members)
}

func (j jsonStyle) value(margin string, depth int) string {
	if depth > 0 && j.oneIn(3) {
		return j.object(margin, depth, false)
	}
	if depth > 0 && j.oneIn(4) {
		var items []string
		for range j.IntN(4) {
			items = append(items, j.value(margin+j.unit, depth-1))
		}
		return j.within("[", "]", margin, items)
	}
	return pick(j.Random, "1", "-2.50e3", "true", "null", "\""+j.text()+"\"")
}

// within are members or elements between brackets.
func (j jsonStyle) within(open, shut, margin string, inside []string) string {
	if len(inside) == 0 {
		return open + pick(j.Random, "", "", j.space()) + shut
	}
	var b strings.Builder
	b.WriteString(open)
	line := j.unit == "" || j.oneIn(5) && !strings.Contains(strings.Join(inside, ""), "\n")
	for i, member := range inside {
		if !line {
			b.WriteString(j.beside() + "\n" + j.above(margin+j.unit) + margin + j.unit)
		} else if i > 0 {
			b.WriteString(j.space())
		}
		b.WriteString(member)
		if i < len(inside)-1 || j.commas && !line {
			b.WriteString(",")
		}
	}
	if !line {
		b.WriteString(j.beside() + "\n" + j.above(margin+j.unit) + margin)
	}
	b.WriteString(shut)
	return b.String()
}

func (j jsonStyle) space() string { return pick(j.Random, " ", " ", "") }

// above are blank lines and comments before a line.
func (j jsonStyle) above(margin string) string {
	switch {
	case j.comments && j.oneIn(5):
		return margin + "// " + j.comment() + "\n"
	case j.comments && j.oneIn(8):
		return margin + "/* " + j.comment() + "\n" + margin + " */\n"
	case j.oneIn(10):
		return "\n"
	}
	return ""
}

// beside is what may stand at the end of a line.
func (j jsonStyle) beside() string {
	switch {
	case j.comments && j.oneIn(6):
		return " // " + j.comment()
	case j.comments && j.oneIn(9):
		return " /* " + j.comment() + " */"
	}
	return ""
}
