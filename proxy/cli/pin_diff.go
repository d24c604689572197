package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/pin"
)

// diffPins prints what differs from the pins. A server without any is mentioned
// and is no difference: nobody has approved something else.
func diffPins(io *IO, pins *pin.Pins, now definedNow) error {
	result := now.failed
	for _, s := range now.servers {
		holder := pins.Holder(s.name, registry.BaseOf(s.name))
		if !slices.Contains(pins.Servers(), holder) {
			fmt.Fprintf(io.Out, "%s: not pinned\n", s.name)
			continue
		}
		d := pins.Diff(holder, s.tools)
		if d.None() {
			fmt.Fprintf(io.Out, "%s: %s, as pinned\n", s.name, plural(len(s.tools), "tool"))
			continue
		}
		result = errPrinted
		fmt.Fprintf(io.Out, "%s: %s\n", s.name, differenceText(d))
		for _, tool := range slices.Sorted(slices.Values(slices.Concat(d.Changed, d.Added, d.Removed))) {
			before, _ := pins.Definition(holder, tool)
			printDefinitionDiff(io, s.name, tool, before, s.tools[tool])
		}
	}
	return result
}

// printDefinitionDiff shows two definitions line by line; one that is nil is not
// there.
func printDefinitionDiff(io *IO, server, tool string, before, after json.RawMessage) {
	fmt.Fprintf(io.Out, "\n%s\n", io.paint(visible(server+" "+tool), bold))
	changes := diffLines(definitionLines(before), definitionLines(after))
	if !slices.ContainsFunc(changes, func(c lineChange) bool { return c.mark != ' ' }) {
		fmt.Fprintln(io.Out, io.paint("  the same characters, one of them written with an escape and one without", dim))
		return
	}
	for i, c := range changes {
		if c.mark == ' ' && !near(changes, i) {
			if i == 0 || near(changes, i-1) {
				fmt.Fprintln(io.Out, io.paint("  …", dim))
			}
			continue
		}
		st := style("")
		switch c.mark {
		case '-':
			st = bad
		case '+':
			st = good
		}
		fmt.Fprintln(io.Out, io.paint(fmt.Sprintf("%c %s", c.mark, c.text), st))
	}
}

// diffContext is how many lines without a change are shown around one.
const diffContext = 2

func near(changes []lineChange, i int) bool {
	around := changes[max(0, i-diffContext):min(len(changes), i+diffContext+1)]
	return slices.ContainsFunc(around, func(c lineChange) bool { return c.mark != ' ' })
}

// definitionLines is a definition as a person reads it.
func definitionLines(raw json.RawMessage) []string {
	if raw == nil {
		return nil
	}
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return []string{visible(string(raw))}
	}
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = visible(l)
	}
	return lines
}

// visible is text in which everything can be seen: an instruction to a model may
// hide in characters that a terminal shows as nothing, or that make it show
// something else.
func visible(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// lineChange is a line that stays (' '), goes ('-') or comes ('+').
type lineChange struct {
	mark byte
	text string
}

// maxDiff bounds the work of a comparison. Definitions whose differing middles
// are larger are shown whole, first the old one.
const maxDiff = 4_000_000

// diffLines finds the fewest lines that go and come.
func diffLines(before, after []string) []lineChange {
	var out []lineChange
	add := func(mark byte, lines ...string) {
		for _, l := range lines {
			out = append(out, lineChange{mark, l})
		}
	}
	head := 0
	for head < len(before) && head < len(after) && before[head] == after[head] {
		head++
	}
	tail := 0
	for tail < len(before)-head && tail < len(after)-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	add(' ', before[:head]...)
	a, b := before[head:len(before)-tail], after[head:len(after)-tail]
	if len(a)*len(b) > maxDiff {
		add('-', a...)
		add('+', b...)
	} else {
		common := commonLines(a, b)
		i, j := 0, 0
		for i < len(a) && j < len(b) {
			switch {
			case a[i] == b[j]:
				add(' ', a[i])
				i, j = i+1, j+1
			case common[i+1][j] >= common[i][j+1]:
				add('-', a[i])
				i++
			default:
				add('+', b[j])
				j++
			}
		}
		add('-', a[i:]...)
		add('+', b[j:]...)
	}
	add(' ', before[len(before)-tail:]...)
	return out
}

// commonLines has at [i][j] how many lines a[i:] and b[j:] have in common, in order.
func commonLines(a, b []string) [][]int32 {
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}
