package patch

import (
	"fmt"
	"strconv"
	"strings"
)

func span(a, b int) string {
	if a == b {
		return strconv.Itoa(a)
	}
	return fmt.Sprintf("%d-%d", a, b)
}

// Title is the line over the hunks of a file.
func (f File) Title() string {
	title := f.Path
	if f.Old != "" && f.Status == "renamed" {
		title = f.Old + " -> " + f.Path
	}
	return fmt.Sprintf("=== %s (%s, +%d -%d)", title, f.Status, f.Additions, f.Deletions)
}

// Text is the hunk as in a diff.
func (h Hunk) Text() string { return h.Header + "\n" + strings.Join(h.Lines, "\n") + "\n" }

// Trim is the hunk with no more than context lines around what changed, in as
// many hunks as that takes.
func (h Hunk) Trim(context int) []Hunk {
	keep := make([]bool, len(h.Lines))
	for i, line := range h.Lines {
		if line == "" || line[0] != '+' && line[0] != '-' {
			continue
		}
		for j := max(0, i-context); j <= min(len(h.Lines)-1, i+context); j++ {
			keep[j] = true
		}
	}
	for i, line := range h.Lines { // the mark of a missing newline goes with its line
		if i > 0 && strings.HasPrefix(line, `\`) {
			keep[i] = keep[i-1]
		}
	}
	var out []Hunk
	oldAt, newAt, at := h.OldStart, h.NewStart, -1
	var oldN, newN int
	end := func() {
		if at >= 0 {
			last := &out[at]
			last.Header = fmt.Sprintf("@@ -%d,%d +%d,%d @@%s", last.OldStart, oldN, last.NewStart, newN, section(h.Header))
		}
		at = -1
	}
	for i, line := range h.Lines {
		sign := byte(' ')
		if line != "" {
			sign = line[0]
		}
		if !keep[i] {
			end()
		} else {
			if at < 0 {
				out = append(out, Hunk{OldStart: oldAt, NewStart: newAt})
				at, oldN, newN = len(out)-1, 0, 0
			}
			out[at].Lines = append(out[at].Lines, line)
			if sign == '-' || sign == ' ' {
				oldN++
			}
			if sign == '+' || sign == ' ' {
				newN++
			}
		}
		if sign == '-' || sign == ' ' {
			oldAt++
		}
		if sign == '+' || sign == ' ' {
			newAt++
		}
	}
	end()
	return out
}

// section is what git writes behind the second @@.
func section(header string) string {
	if i := strings.Index(header, " @@"); i > 0 {
		return header[i+3:]
	}
	return ""
}
