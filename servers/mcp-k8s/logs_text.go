package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// maxRunes is how much of a line is shown.
const maxRunes = 500

// render writes the lines, and fills in what is said of them.
func (r *reading) render(head *logsHead, sources []source, a logsArgs) string {
	lines := r.lines
	if a.Dedupe {
		lines = fold(lines)
	}
	lines = lines[max(0, len(lines)-a.Tail):]
	head.Lines = len(lines)
	if r.sieve.searching {
		head.Matched, head.Scanned, head.ScannedBytes = r.matched, r.scanned, r.bytes.Load()
		complete := !r.cut
		head.Complete = &complete
		if r.cut {
			head.Warnings = append(head.Warnings, "not all of the logs was searched: narrow with since, container or a single pod")
		}
	}
	head.Sources = make(map[string]string)
	several := len(sources) > 1
	for _, s := range sources {
		head.Sources[s.short] = s.pod + "/" + s.container
	}
	var b strings.Builder
	for _, l := range lines {
		if a.Timestamps && !l.at.IsZero() {
			b.WriteString(l.at.UTC().Format("2006-01-02T15:04:05.000Z") + " ")
		}
		if several {
			b.WriteString("[" + sources[l.from].short + "] ")
		}
		b.WriteString(kit.Shorten(l.text, maxRunes))
		if l.times > 1 {
			fmt.Fprintf(&b, " (x%d)", l.times)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (r *reading) emptyHints(a logsArgs, sources []source) []string {
	switch {
	case r.sieve.searching && r.scanned > 0:
		return []string{fmt.Sprintf("none of %d lines fits; leave out grep, exclude or level to see them", r.scanned)}
	case a.Since != "":
		return []string{"nothing was logged since then; leave since out"}
	case a.Previous:
		return []string{"the container before the restart logged nothing"}
	}
	return []string{"nothing was logged yet; diagnose_workload kind=pod name=" + sources[0].pod + " says whether it runs"}
}

// maxFolded is how many lines are looked at to fold them.
const maxFolded = 20_000

// fold keeps the last of lines that differ in numbers only.
func fold(lines []line) []line {
	last, times := make(map[string]int), make(map[string]int)
	for i, l := range lines {
		shape := shapeOf(l.text)
		last[shape] = i
		times[shape]++
	}
	var kept []line
	for i, l := range lines {
		if shape := shapeOf(l.text); last[shape] == i {
			l.times = times[shape]
			kept = append(kept, l)
		}
	}
	return kept
}

var varying = regexp.MustCompile(`[0-9a-fA-F]*[0-9][0-9a-fA-F]*`)

func shapeOf(text string) string { return varying.ReplaceAllString(text, "#") }

// clip is enough of an argument to recognise it.
func clip(s string) string { return kit.Shorten(s, 60) }
