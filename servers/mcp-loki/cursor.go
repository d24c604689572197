package main

import (
	"context"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// place is where a list of lines goes on: at the time of the last line that was
// shown, without those that were. Several lines may have that time, on both
// sides of the border of a page, so each that was shown is remembered. It is the
// state of a cursor, short names because a model copies it.
type place struct {
	At    int64  `json:"t"`
	Seen  []byte `json:"h,omitempty"` // hashes of the lines at At that were shown
	Start int64  `json:"s"`           // the range, which stands still
	End   int64  `json:"e"`
}

func (p place) hashes() map[hash]int {
	seen := make(map[hash]int)
	for i := 0; i+len(hash{}) <= len(p.Seen); i += len(hash{}) {
		seen[hash(p.Seen[i:i+len(hash{})])]++
	}
	return seen
}

func (p place) count() int { return len(p.Seen) / len(hash{}) }

// after is the place after shown lines.
func (p place) after(shown []entry) place {
	if len(shown) == 0 {
		return p
	}
	last := shown[len(shown)-1].at
	if last != p.At {
		p.At, p.Seen = last, nil
	} else {
		p.Seen = p.Seen[:len(p.Seen):len(p.Seen)]
	}
	for _, e := range shown {
		if e.at == last {
			p.Seen = append(p.Seen, e.hash[:]...)
		}
	}
	return p
}

// begin is the place before all lines of r.
func begin(r kit.Range) place {
	return place{Start: r.Start.UnixNano(), End: r.End.UnixNano()}
}

// page is the next n lines from p on, and whether more follow.
func (c *client) page(ctx context.Context, query string, dir direction, p place, n int) ([]entry, bool, read, error) {
	r := kit.Range{Start: time.Unix(0, p.Start), End: time.Unix(0, p.End)}
	if p.At != 0 {
		if dir == backward {
			r.End = time.Unix(0, p.At+1) // its end is exclusive
		} else {
			r.Start = time.Unix(0, p.At)
		}
	}
	if !r.Start.Before(r.End) {
		return nil, false, read{}, nil
	}
	wanted := n + p.count() + 1
	list, what, asked, err := c.fetch(ctx, query, r, wanted, dir)
	if err != nil {
		return nil, false, what, err
	}
	seen := p.hashes()
	rest := make([]entry, 0, len(list))
	for _, e := range list {
		if e.at == p.At && seen[e.hash] > 0 {
			seen[e.hash]--
			continue
		}
		rest = append(rest, e)
	}
	if len(rest) == 0 && len(list) >= asked {
		return nil, false, what, kit.Errorf(kit.FailedPrecondition, "more than %d lines have the time %s, and this Loki gives no more in one answer", len(list), kit.FormatTime(time.Unix(0, p.At))).
			WithHint("narrow the query, by a label or with contains, so that fewer lines have that time")
	}
	more := len(rest) > n || asked < wanted && len(list) >= asked
	return rest[:min(n, len(rest))], more, what, nil
}
