package configfiletest

import (
	"fmt"
	"strings"
)

// YAML is a file of YAML with its mappings and lists on lines of their own, and with
// some on one. named makes m a list of mappings that have names.
func (r *Random) YAML(named bool) string {
	y := yamlStyle{Random: r, unit: pick(r, "  ", "    ", " "), flush: r.oneIn(2)}
	var b strings.Builder
	b.WriteString(pick(r, "", "", "", "---\n", "# "+r.comment()+"\n"))
	members := r.IntN(4)
	at := r.IntN(members + 1)
	for i := range members + 1 {
		if i == at && !r.oneIn(4) {
			b.WriteString(y.m(named))
		}
		if i < members {
			b.WriteString(y.member("", 3))
		}
	}
	b.WriteString(r.aboveLine("#"))
	return r.finished(b.String())
}

type yamlStyle struct {
	*Random
	unit  string
	flush bool // the dashes of a list stand under its key
}

func (y yamlStyle) m(named bool) string {
	head := y.aboveLine("#") + "m:"
	if y.oneIn(5) {
		return head + pick(y.Random, "", " {}", " # "+y.comment()) + "\n"
	}
	var b strings.Builder
	b.WriteString(head + y.besideLine("#") + "\n")
	for range 1 + y.IntN(3) {
		if !named {
			b.WriteString(y.member(y.unit, 2))
			continue
		}
		margin := y.unit
		if y.flush {
			margin = ""
		}
		fmt.Fprintf(&b, "%s%s- name: %s%s\n%s  command: \"%s\"\n", y.gap(margin), margin, y.word(), y.besideLine("#"), margin, y.text())
	}
	return b.String()
}

// member is a key with what it has, indented.
func (y yamlStyle) member(margin string, depth int) string {
	head := y.gap(margin) + margin + pick(y.Random, y.word(), y.word(), "\"quoted "+y.word()+"\"") + ":"
	switch {
	case depth > 0 && y.oneIn(3):
		var b strings.Builder
		b.WriteString(head + y.besideLine("#") + "\n")
		for range 1 + y.IntN(2) {
			b.WriteString(y.member(margin+y.unit, depth-1))
		}
		return b.String()
	case depth > 0 && y.oneIn(4):
		dash := margin + y.unit
		if y.flush {
			dash = margin
		}
		return head + "\n" + dash + "- one\n" + y.gap(dash) + dash + "- \"" + y.text() + "\"" + y.besideLine("#") + "\n"
	case y.oneIn(6):
		return head + pick(y.Random, " |", " >-") + "\n" + margin + y.unit + "text\n\n" + margin + y.unit + "# of it: 1\n" + margin + y.unit + " m:\n"
	}
	return head + " " + pick(y.Random, "1", "true", "plain words", "'single # quotes'", "\""+y.text()+"\"", "[a, 'b', {c: 1}]", "{a: 1, b: [x]}", "~") + y.besideLine("#") + "\n"
}

// gap are blank lines and comments that may stand before a line.
func (y yamlStyle) gap(margin string) string {
	return pick(y.Random, "", "", "", "", "\n", margin+"# "+y.comment()+"\n")
}
