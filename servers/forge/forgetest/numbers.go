package forgetest

import (
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// Numbers are of a forge that has the issues 1 to Total in this order, and gives
// no more than Ceiling at once.
type Numbers struct {
	Total, Ceiling int
	Untold         bool // it does not say how many there are
}

// Read reads all issues in pages of each size, by what an answer says is next:
// none is missing and none comes twice.
func (n Numbers) Read(t *testing.T, c *kittest.Client, repo string, sizes ...int) {
	t.Helper()
	for _, size := range sizes {
		call, next := ArgsOf(repo, "per_page", size), 1
		for call != nil {
			var got struct {
				Issues     []struct{ Number int }
				Pagination kit.Pagination
			}
			c.MustStruct("list_issues", call, &got)
			p := got.Pagination
			if p.PerPage != min(size, n.Ceiling) || (p.Total == nil) != n.Untold || p.Total != nil && *p.Total != n.Total {
				t.Fatalf("per_page %d: %+v", size, p)
			}
			for _, i := range got.Issues {
				if i.Number != next {
					t.Fatalf("per_page %d: %d, want %d", size, i.Number, next)
				}
				next++
			}
			if p.NextArgs == nil {
				break
			}
			for k, v := range p.NextArgs {
				call[k] = v
			}
		}
		if next != n.Total+1 {
			t.Errorf("per_page %d: %d of %d", size, next-1, n.Total)
		}
	}
}
