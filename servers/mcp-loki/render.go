package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/table"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
	"github.com/loom-core/loom/servers/mcp-loki/internal/shape"
)

// look is how lines are shown.
type look struct {
	shorten shortener
	lineMax int
	keep    []string // the labels to show; nil: those that fit the legend
	dedupe  bool
	mark    func(entry) bool // lines to mark with >; may be nil
}

// lineMax is how many runes of a line are shown.
func lineMax(asked int) int { return min(max(asked, 20), 4000) }

// shown is a number of lines as text: what all share once, what few share in a
// legend, and for each line its time of day, level, sign in the legend and text.
type shown struct {
	labels map[string]string // of all
	hidden []string          // labels that differ and are not shown
	body   string
}

// levelLabels are where the level of a line may be, the most certain first.
var levelLabels = []string{"detected_level", "level", "severity", "lvl"}

// levelOf is the level of a line, "-" if nobody says.
func levelOf(e entry) string {
	for _, name := range levelLabels {
		for _, labels := range []map[string]string{e.extra, e.labels, e.parsed} {
			if v := labels[name]; v != "" && v != "unknown" {
				return cmp.Or(logql.Level(v), strings.ToLower(kit.Shorten(v, 12)))
			}
		}
	}
	if v := shape.Level(e.line); v != "" {
		return cmp.Or(logql.Level(v), v)
	}
	return "-"
}

const legendRoom = 3000 // bytes; labels over it are named and not shown

// labelsOf are the labels of each line that can be shown. The level has a
// column of its own, and what was parsed is in the text.
func labelsOf(lines []entry, keep []string) []map[string]string {
	all := make([]map[string]string, len(lines))
	for i, e := range lines {
		all[i] = maps.Clone(e.labels)
		if all[i] == nil {
			all[i] = make(map[string]string)
		}
		maps.Copy(all[i], e.extra)
		for _, name := range levelLabels {
			if !slices.Contains(keep, name) {
				delete(all[i], name)
			}
		}
		if keep != nil {
			maps.Copy(all[i], e.parsed)
			maps.DeleteFunc(all[i], func(name, _ string) bool { return !slices.Contains(keep, name) })
		}
	}
	return all
}

// choose picks the labels of the legend: those that differ least often first,
// as long as the legend stays short.
func choose(all []map[string]string, force bool) (names, hidden []string) {
	values := make(map[string]map[string]bool)
	for _, labels := range all {
		for name, v := range labels {
			if values[name] == nil {
				values[name] = make(map[string]bool)
			}
			values[name][v] = true
		}
	}
	order := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(values[a]), len(values[b])), strings.Compare(a, b))
	})
	if force {
		return order, nil
	}
	for _, name := range order {
		if legendSize(all, append(names[:len(names):len(names)], name)) > legendRoom {
			hidden = append(hidden, name)
			continue
		}
		names = append(names, name)
	}
	return names, hidden
}

func legendSize(all []map[string]string, names []string) (size int) {
	seen := make(map[string]bool)
	for _, labels := range all {
		if text := labelText(labels, names); !seen[text] {
			seen[text] = true
			size += len(text) + 4
		}
	}
	return size
}

func labelText(labels map[string]string, names []string) string {
	var parts []string
	for _, name := range slices.Sorted(slices.Values(names)) {
		if v, ok := labels[name]; ok {
			if strings.ContainsAny(v, " \t\n\"") {
				v = logql.Quote(v)
			}
			parts = append(parts, name+"="+v)
		}
	}
	return strings.Join(parts, " ")
}

// show writes lines in the order they are in.
func (k look) show(lines []entry) shown {
	var out shown
	if len(lines) == 0 {
		return out
	}
	all := labelsOf(lines, k.keep)
	if len(all) == 1 {
		out.labels = all[0]
		all[0] = nil
	} else {
		out.labels = table.Hoist(all)
	}
	var names []string
	if k.keep == nil {
		// Of one line all labels are common, and so are many of a few.
		out.labels, out.hidden = limitCommon(out.labels)
	}
	names, hidden := choose(all, k.keep != nil)
	out.hidden = append(out.hidden, hidden...)
	slices.Sort(out.hidden)

	var legend, body strings.Builder
	signs := make(map[string]string)
	signOf := make([]string, len(lines))
	for i := range lines {
		text := labelText(all[i], names)
		sign, known := signs[text]
		if !known {
			sign = signAt(len(signs))
			signs[text] = sign
			fmt.Fprintf(&legend, "%s: %s\n", sign, cmp.Or(text, "no other labels"))
		}
		signOf[i] = sign
	}
	if len(signs) > 1 {
		body.WriteString(legend.String() + "\n")
	}
	day := ""
	for _, g := range k.groups(lines, signOf) {
		e := lines[g.first]
		at := time.Unix(0, e.at).UTC()
		if d := at.Format(time.DateOnly); d != day {
			day = d
			fmt.Fprintf(&body, "%s UTC\n", d)
		}
		if k.mark != nil {
			body.WriteString(map[bool]string{true: "> ", false: "  "}[k.mark(e)])
		}
		fmt.Fprintf(&body, "%s %s ", at.Format("15:04:05.000"), levelOf(e))
		if len(signs) > 1 {
			body.WriteString(signOf[g.first] + " ")
		}
		if g.count > 1 {
			fmt.Fprintf(&body, "x%d (to %s) ", g.count, time.Unix(0, lines[g.last].at).UTC().Format("15:04:05.000"))
		}
		body.WriteString(k.oneEntry(e.line) + "\n")
	}
	out.body = body.String()
	return out
}

// oneEntry is a line that was cut. What a line has after its first
// newline is moved in: nothing in it looks like another entry.
func (k look) oneEntry(line string) string {
	line = strings.TrimRight(line, " \t\n")
	return strings.ReplaceAll(k.shorten(line, k.lineMax), "\n", "\n    ")
}

// maxCommon is how much of the labels that all lines have is shown.
const maxCommon = 1000

func limitCommon(labels map[string]string) (map[string]string, []string) {
	var hidden []string
	kept := make(map[string]string, len(labels))
	size := 0
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if size += len(name) + len(labels[name]); size > maxCommon {
			hidden = append(hidden, name)
			continue
		}
		kept[name] = labels[name]
	}
	return kept, hidden
}

// group is some lines that are shown as one.
type group struct{ first, last, count int }

// groups folds lines of one shape, level and sign, in the order of their first.
func (k look) groups(lines []entry, signs []string) []group {
	var list []group
	index := make(map[string]int)
	for i, e := range lines {
		if !k.dedupe {
			list = append(list, group{i, i, 1})
			continue
		}
		key := signs[i] + "\x00" + levelOf(e) + "\x00" + shape.Of(e.line)
		at, known := index[key]
		if !known {
			at = len(list)
			index[key] = at
			list = append(list, group{first: i})
		}
		list[at].last = i
		list[at].count++
	}
	return list
}

// signAt is a, b, … z, aa, ab …
func signAt(i int) string {
	sign := ""
	for i++; i > 0; i = (i - 1) / 26 {
		sign = string(rune('a'+(i-1)%26)) + sign
	}
	return sign
}
