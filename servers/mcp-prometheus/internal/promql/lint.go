package promql

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// Facts are what a server knows of the metrics in a query. Nothing known is
// fine: then less is found.
type Facts struct {
	Types     map[string]string        // counter, gauge, histogram, summary by metric
	Intervals map[string]time.Duration // between scrapes, by job
}

// Level is how sure it is that a finding is a mistake.
type Level string

// The levels: the query is wrong, it is likely wrong, it could be better.
const (
	Wrong   Level = "wrong"
	Warning Level = "warning"
	Info    Level = "info"
)

// Finding is one thing about a query that its writer should know.
type Finding struct {
	Level Level
	Rule  string // its name
	Text  string // what is so, and what to write instead
	At    int    // byte in the query, -1 when it is about all of it
}

// check looks at one node. path are its parents, the outermost first.
type check func(f Facts, node parser.Node, path []parser.Node) []Finding

// Lint finds known mistakes, in the order of the text.
func (q *Query) Lint(f Facts) []Finding {
	var list []Finding
	parser.Inspect(q.expr, func(node parser.Node, path []parser.Node) error {
		if node == nil {
			return nil
		}
		for _, check := range []check{checkRate, checkCounter, checkMatchers, checkQuantile, checkBool, checkQuantileLabel} {
			list = append(list, check(f, node, path)...)
		}
		return nil
	})
	if q.Experimental != "" {
		list = append(list, Finding{Info, "experimental", "not every server takes this, some want a feature flag: " + q.Experimental, -1})
	}
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(a.At, b.At) })
	return slices.Compact(list)
}

func finding(level Level, rule string, node parser.Node, format string, args ...any) []Finding {
	return []Finding{{level, rule, fmt.Sprintf(format, args...), int(node.PositionRange().Start)}}
}

// interval between two samples of a selector: that of its job, else the
// shortest, so that nothing is said which might be wrong. 0: not known.
func (f Facts) interval(s Selector) time.Duration {
	if d, ok := f.Intervals[s.Job()]; ok {
		return d
	}
	var least time.Duration
	for _, d := range f.Intervals {
		if least == 0 || d < least {
			least = d
		}
	}
	return least
}

func (f Facts) typeOf(s Selector) string {
	if len(s.Names) != 1 {
		return ""
	}
	return f.Types[s.Names[0]]
}
