package hub

import (
	"sort"
	"strings"

	"github.com/loom-core/loom/core/toolname"
)

// nearest returns up to three names that resemble name: the same tool of
// another server first, then few edits.
func (n *namespace) nearest(name string) []string {
	type scored struct {
		name  string
		score int
	}
	var all []scored
	_, own, _ := strings.Cut(name, toolname.Separator)
	for _, e := range n.all {
		d := distance(name, e.Name)
		if e.Route.Tool == name || own != "" && e.Route.Tool == own {
			d = 0
		}
		if isNear(name, d) {
			all = append(all, scored{e.Name, d})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score < all[j].score })
	var out []string
	for _, s := range all[:min(3, len(all))] {
		out = append(out, s.name)
	}
	return out
}

func isNear(name string, distance int) bool { return distance <= 2+len(name)/6 }

// distance is the Levenshtein distance of a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
