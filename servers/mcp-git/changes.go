package main

import (
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

// totals are the sums over a list of changes.
type totals struct {
	Files   int `json:"files"`
	Added   int `json:"added"`
	Deleted int `json:"deleted"`
}

func sum(changes []repo.Change, total int) totals {
	t := totals{Files: total}
	for _, c := range changes {
		t.Added += c.Added
		t.Deleted += c.Deleted
	}
	return t
}

// changesTable has a line per file; omitted gives the reason why the patch of
// a file is not shown, and may be nil. total is how many files there are, of
// which changes may hold the first only.
func changesTable(changes []repo.Change, total, most int, omitted func(int) string) string {
	var b strings.Builder
	for i, c := range changes {
		if i == most {
			break
		}
		counts := fmt.Sprintf("+%d\t-%d", c.Added, c.Deleted)
		if c.Binary {
			counts = "binary\t"
		}
		path := show(c.Path)
		if c.OldPath != "" {
			path = show(c.OldPath) + " => " + path
		}
		fmt.Fprintf(&b, "%s\t%s\t%s", c.Status, counts, path)
		if reason := omitted(i); reason != "" {
			fmt.Fprintf(&b, "\t(omitted: %s)", reason)
		}
		b.WriteByte('\n')
	}
	if rest := total - min(most, len(changes)); rest > 0 {
		fmt.Fprintf(&b, "…(+%d files; narrow with paths, or leave out the patch)\n", rest)
	}
	return b.String()
}

func nothingOmitted(int) string { return "" }
