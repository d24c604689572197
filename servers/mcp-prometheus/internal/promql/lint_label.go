package promql

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// checkMatchers looks for regular expressions that are none.
func checkMatchers(_ Facts, node parser.Node, _ []parser.Node) []Finding {
	vector, ok := node.(*parser.VectorSelector)
	if !ok {
		return nil
	}
	var list []Finding
	for _, m := range vector.LabelMatchers {
		if m.Type != labels.MatchRegexp && m.Type != labels.MatchNotRegexp {
			continue
		}
		plain := map[labels.MatchType]string{labels.MatchRegexp: "=", labels.MatchNotRegexp: "!="}[m.Type]
		switch {
		case m.Value == ".*" && m.Type == labels.MatchRegexp:
			list = append(list, finding(Info, "regex-matches-all", node, "%s matches everything: leave it out", m)...)
		case m.Value == regexp.QuoteMeta(m.Value):
			list = append(list, finding(Info, "regex-without-need", node, "%s is a plain text: %s%s%q is the same and cheaper", m, m.Name, plain, m.Value)...)
		case anchored(m.Value):
			list = append(list, finding(Info, "regex-anchored", node, "%s is anchored by itself: ^ and $ can go, and for a part of the text write .* around it", m)...)
		}
	}
	return list
}

func anchored(re string) bool {
	return strings.HasPrefix(re, "^") || strings.HasSuffix(re, "$") && !strings.HasSuffix(re, `\$`)
}

// checkQuantile looks for histogram_quantile over buckets that lost their le.
func checkQuantile(_ Facts, node parser.Node, _ []parser.Node) []Finding {
	call, ok := node.(*parser.Call)
	if !ok || call.Func.Name != "histogram_quantile" || len(call.Args) != 2 {
		return nil
	}
	var list []Finding
	if q, ok := constant(call.Args[0]); ok && (q < 0 || q > 1) {
		list = finding(Wrong, "quantile-out-of-range", node, "the quantile is %v, want 0 to 1: 0.99 for the 99th percentile", q)
	}
	arg := inner(call.Args[1])
	if !classic(arg) {
		return list // native histograms have no le
	}
	a, ok := arg.(*parser.AggregateExpr)
	switch {
	case ok && slices.Contains(a.Grouping, "le") == a.Without:
		by := strings.Join(append([]string{"le"}, a.Grouping...), ", ")
		text := fmt.Sprintf("write %s by (%s)", a.Op, by)
		if a.Without {
			text = "take le out of without"
		}
		list = append(list, finding(Wrong, "quantile-without-le", node, "the aggregation drops the label le, which says what a bucket is: %s", text)...)
	case !slices.ContainsFunc(calls(arg), func(name string) bool { return rates[name] != "" }):
		list = append(list, finding(Warning, "quantile-without-rate", node, "buckets are counters since the start of the process: histogram_quantile(…, rate(…_bucket[5m])) is about now")...)
	}
	return list
}

// classic reports whether the expression reads series named _bucket.
func classic(e parser.Expr) (yes bool) {
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		if v, ok := node.(*parser.VectorSelector); ok {
			yes = yes || slices.ContainsFunc(newSelector(v).Names, func(name string) bool { return strings.HasSuffix(name, "_bucket") })
		}
		return nil
	})
	return yes
}

func calls(e parser.Expr) (names []string) {
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		if call, ok := node.(*parser.Call); ok {
			names = append(names, call.Func.Name)
		}
		return nil
	})
	return names
}

// checkBool looks at comparisons with bool, which filter nothing.
func checkBool(_ Facts, node parser.Node, path []parser.Node) []Finding {
	b, ok := node.(*parser.BinaryExpr)
	if !ok || !b.ReturnBool || b.LHS.Type() != parser.ValueTypeVector && b.RHS.Type() != parser.ValueTypeVector {
		return nil
	}
	for i := len(path) - 1; i >= 0; i-- {
		switch parent := path[i].(type) {
		case *parser.ParenExpr:
			continue
		case *parser.AggregateExpr:
			if parent.Op == parser.COUNT {
				return finding(Wrong, "count-of-bool", node, "%s bool keeps every series as 0 or 1, so count counts all of them: leave bool out, or use sum", b.Op)
			}
		}
		return nil
	}
	if len(path) > 0 && !allParens(path) {
		return nil
	}
	return finding(Info, "bool-at-top", node, "%s bool answers 0 or 1 for every series; an alert with it always fires. Without bool only the series stay for which it holds", b.Op)
}

func allParens(path []parser.Node) bool {
	return !slices.ContainsFunc(path, func(n parser.Node) bool { _, ok := n.(*parser.ParenExpr); return !ok })
}

// checkQuantileLabel looks for averages of quantiles.
func checkQuantileLabel(_ Facts, node parser.Node, _ []parser.Node) []Finding {
	a, ok := node.(*parser.AggregateExpr)
	if !ok || a.Op != parser.AVG && a.Op != parser.SUM {
		return nil
	}
	vector, ok := inner(a.Expr).(*parser.VectorSelector)
	if !ok || !slices.ContainsFunc(vector.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == "quantile" }) {
		return nil
	}
	return finding(Wrong, "aggregate-of-quantiles", node, "the %s of quantiles is no quantile of all: use max, or rate of _sum by rate of _count", a.Op)
}

// Grouping is a label that an aggregation keeps, and what it aggregates.
type Grouping struct{ Label, Operand string }

// Groupings are the labels of all by clauses but le, for whoever knows how many
// values they have.
func (q *Query) Groupings() []Grouping {
	var list []Grouping
	parser.Inspect(q.expr, func(node parser.Node, _ []parser.Node) error {
		if a, ok := node.(*parser.AggregateExpr); ok && !a.Without {
			for _, label := range a.Grouping {
				if label != "le" {
					list = append(list, Grouping{label, a.Expr.String()})
				}
			}
		}
		return nil
	})
	return list
}
