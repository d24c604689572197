package configfiletest

import (
	"fmt"
	"strings"
)

// TOML is a file of TOML: keys, then tables and lists of tables.
func (r *Random) TOML() string {
	var b strings.Builder
	names := map[string]bool{}
	name := func() string { // each one once
		for {
			if word := r.word(); !names[word] {
				names[word] = true
				return word
			}
		}
	}
	keys := func() {
		for range r.IntN(4) {
			fmt.Fprintf(&b, "%s%s%s%s%s\n", r.aboveLine("#"), pick(r, "", "", "  "), name(), pick(r, " = ", "=", "  =\t")+r.tomlValue(2), r.besideLine("#"))
		}
	}
	keys()
	dotted := r.oneIn(5)
	if dotted {
		fmt.Fprintf(&b, "m.%s.x = 1\n", name())
	}
	for range r.IntN(5) {
		header := pick(r, "", "", "m.", "p.") + name()
		if dotted && strings.HasPrefix(header, "m.") {
			continue // a table of dotted keys takes no header
		}
		open, shut := "[", "]"
		if r.oneIn(5) && !strings.HasPrefix(header, "m.") {
			open, shut = "[[", "]]"
		}
		fmt.Fprintf(&b, "%s%s%s%s%s%s\n", r.aboveLine("#"), pick(r, "\n", "\n", ""), open, header, shut, r.besideLine("#"))
		keys()
		if strings.HasPrefix(header, "m.") && r.oneIn(2) {
			fmt.Fprintf(&b, "\n[%s.env]\n", header)
			keys()
		}
	}
	b.WriteString(r.aboveLine("#"))
	return r.finished(b.String())
}

func (r *Random) tomlValue(depth int) string {
	switch {
	case depth > 0 && r.oneIn(5):
		return "{ " + r.word() + " = " + r.tomlValue(0) + " }"
	case depth > 0 && r.oneIn(4):
		return pick(r, "["+r.tomlValue(0)+", "+r.tomlValue(0)+"]", "[\n  "+r.tomlValue(0)+", # "+r.comment()+"\n\n  "+r.tomlValue(0)+",\n]", "[]")
	case depth > 0 && r.oneIn(5):
		return pick(r, "\"\"\"\n"+r.text()+"\n# no comment\n[m.loom]\n\"\"\"", "'''\nC:\\raw\n#'''")
	}
	return pick(r, "1", "1_000", "-2.5", "true", "1979-05-27T07:32:00Z", "'literal # text'", "\""+r.text()+"\"")
}

// aboveLine are blank lines and comments before a line.
func (r *Random) aboveLine(mark string) string {
	return pick(r, "", "", "", "", "\n", mark+" "+r.comment()+"\n", "\n"+mark+r.comment()+"\n\n")
}

func (r *Random) besideLine(mark string) string {
	return pick(r, "", "", "", " "+mark+" "+r.comment())
}
