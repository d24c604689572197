package gitlab

import (
	"regexp"
	"strconv"
	"strings"
)

// change is a file in a diff.
type change struct {
	old, new             string
	oldMode, newMode     string
	added, gone, renamed bool
	text                 string // from its first hunk
}

var quoted = regexp.MustCompile(`^"(.*)"$`)

// changes reads a patch of git's.
func changes(patch string) (list []change) {
	for part := range strings.SplitSeq("\n"+patch, "\ndiff --git ") {
		if part = strings.TrimPrefix(part, "\n"); part == "" {
			continue
		}
		head, text := part, ""
		if i := strings.Index(part, "\n@@ "); i >= 0 {
			head, text = part[:i], part[i+1:]
		} else if i := strings.Index(part, "\nBinary files "); i >= 0 {
			head, text = part[:i], part[i+1:]
		}
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		c := change{text: text, oldMode: "100644", newMode: "100644"}
		first, rest, _ := strings.Cut(head, "\n")
		c.old, c.new = names(first)
		for line := range strings.SplitSeq(rest, "\n") {
			word := func(prefix string) (string, bool) {
				v, ok := strings.CutPrefix(line, prefix)
				return unquote(v), ok
			}
			if v, ok := word("new file mode "); ok {
				c.added, c.newMode, c.oldMode = true, v, "0"
			}
			if v, ok := word("deleted file mode "); ok {
				c.gone, c.oldMode, c.newMode = true, v, "0"
			}
			if v, ok := word("old mode "); ok {
				c.oldMode = v
			}
			if v, ok := word("new mode "); ok {
				c.newMode = v
			}
			if v, ok := word("rename from "); ok {
				c.renamed, c.old = true, v
			}
			if v, ok := word("rename to "); ok {
				c.new = v
			}
		}
		list = append(list, c)
	}
	return list
}

// names are those of the first line; for one that is renamed other lines say it.
func names(line string) (before, after string) {
	if half := len(line) / 2; len(line)%2 == 1 && line[half] == ' ' {
		a, b := unquote(line[:half]), unquote(line[half+1:])
		return strings.TrimPrefix(a, "a/"), strings.TrimPrefix(b, "b/")
	}
	return line, line
}

func unquote(name string) string {
	if quoted.MatchString(name) {
		if s, err := strconv.Unquote(name); err == nil {
			return s
		}
	}
	return name
}

// view is a change as the API has it. A diff that is too large, or so large that a
// page would not unfold it, is left out.
func (c change) view(s Switches, unified bool) obj {
	most := s.MaxPatch
	if most == 0 {
		most = 200 << 10
	}
	text := c.text
	if unified && strings.HasPrefix(text, "@@") {
		before, after := "a/"+c.old, "b/"+c.new
		if c.added {
			before = "/dev/null"
		}
		if c.gone {
			after = "/dev/null"
		}
		text = "--- " + before + "\n+++ " + after + "\n" + text
	}
	out := obj{
		"old_path": c.old, "new_path": c.new, "a_mode": c.oldMode, "b_mode": c.newMode, "new_file": c.added, "deleted_file": c.gone, "renamed_file": c.renamed, "diff": text,
	}
	large, folded := len(text) > most, false
	if s.MaxPatch != 0 {
		folded = !large && len(text) > most/10
	}
	if large || folded {
		out["diff"] = ""
	}
	if s.since(16, 9) {
		out["generated_file"] = strings.HasSuffix(c.new, ".lock") || strings.HasSuffix(c.new, "go.sum")
	}
	if s.since(18, 4) || s.MaxPatch != 0 {
		out["collapsed"], out["too_large"] = folded, large
	}
	return out
}

var hunkHead = regexp.MustCompile(`^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@`)

// spot is a line of a diff, with a number on each side where it is: 0 where it is not.
type spot struct {
	old, new int
	text     string
}

// spots are the lines that a diff shows.
func (c change) spots() (list []spot) {
	before, after := 0, 0
	for line := range strings.SplitSeq(strings.TrimSuffix(c.text, "\n"), "\n") {
		if m := hunkHead.FindStringSubmatch(line); m != nil {
			before, _ = strconv.Atoi(m[1])
			after, _ = strconv.Atoi(m[2])
			continue
		}
		switch {
		case strings.HasPrefix(line, "+"):
			list = append(list, spot{0, after, line[1:]})
			after++
		case strings.HasPrefix(line, "-"):
			list = append(list, spot{before, 0, line[1:]})
			before++
		case strings.HasPrefix(line, " "):
			list = append(list, spot{before, after, line[1:]})
			before, after = before+1, after+1
		}
	}
	return list
}
