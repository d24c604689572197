package cli

import (
	"cmp"
	"slices"
	"strings"
)

// nearest returns the names that word was probably meant to be, best first, at
// most three.
func nearest(word string, names []string) []string {
	type match struct {
		name     string
		distance int
	}
	limit := max(1, len(word)/3)
	var found []match
	for _, name := range names {
		d := editDistance(strings.ToLower(word), strings.ToLower(name))
		if d > limit && len(word) >= 3 && strings.Contains(strings.ToLower(name), strings.ToLower(word)) {
			d = limit // the middle of a name is as good as a typing mistake
		}
		if d <= limit {
			found = append(found, match{name, d})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(a.distance, b.distance) })
	var out []string
	for _, m := range found[:min(3, len(found))] {
		out = append(out, m.name)
	}
	return out
}

// editDistance counts the letters to insert, delete or replace, and the
// neighbours to swap, that make b of a.
func editDistance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(last[j]+1, row[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
