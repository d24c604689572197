package configfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Splice replaces the bytes from Start to End of a text by Text.
type Splice struct {
	Start, End int
	Text       string
}

// Apply makes all splices, whose offsets are those of the text before. They must
// not overlap; of two at one place the first in the list comes first.
func Apply(data []byte, splices []Splice) []byte {
	ordered := sorted(splices)
	var out []byte
	at := 0
	for _, s := range ordered {
		if s.Start < at || s.End < s.Start || s.End > len(data) {
			panic(fmt.Sprintf("configfile: splice of %d to %d after %d in %d bytes", s.Start, s.End, at, len(data)))
		}
		out = append(out, data[at:s.Start]...)
		out = append(out, s.Text...)
		at = s.End
	}
	return append(out, data[at:]...)
}

// Inverse are the splices that make data of Apply(data, splices) again.
func Inverse(data []byte, splices []Splice) []Splice {
	var back []Splice
	shift := 0
	for _, s := range sorted(splices) {
		back = append(back, Splice{Start: s.Start + shift, End: s.Start + shift + len(s.Text), Text: string(data[s.Start:s.End])})
		shift += len(s.Text) - (s.End - s.Start)
	}
	return back
}

func sorted(splices []Splice) []Splice {
	ordered := slices.Clone(splices)
	slices.SortStableFunc(ordered, func(a, b Splice) int { return a.Start - b.Start })
	return ordered
}

// lineEnd is the line end that a text uses, by its first one.
func lineEnd(data []byte) string {
	if i := slices.Index(data, '\n'); i > 0 && data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// lineBegin is where the line of offset begins.
func lineBegin(data []byte, offset int) int {
	return bytes.LastIndexByte(data[:offset], '\n') + 1
}

// indentOf are the blanks at the begin of the line of offset. alone reports that
// nothing else stands before offset on it.
func indentOf(data []byte, offset int) (indent string, alone bool) {
	line := string(data[lineBegin(data, offset):offset])
	rest := strings.TrimLeft(line, " \t")
	return line[:len(line)-len(rest)], rest == ""
}
