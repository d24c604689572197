package promql

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// Functions that make a rate of a counter, and those that mend a gauge.
var rates = map[string]string{"rate": "deriv", "irate": "deriv", "increase": "delta"}

// enough is how many scrapes the range of a rate should hold: with two samples
// it has a value, with four it survives a lost scrape.
const enough = 4

// checkRate looks at rate, irate and increase: of a gauge, of a sum, of too
// short a range.
func checkRate(f Facts, node parser.Node, _ []parser.Node) []Finding {
	call, ok := node.(*parser.Call)
	if !ok || rates[call.Func.Name] == "" || len(call.Args) == 0 {
		return nil
	}
	name := call.Func.Name
	switch arg := call.Args[0].(type) {
	case *parser.SubqueryExpr:
		if a, ok := inner(arg.Expr).(*parser.AggregateExpr); ok {
			return finding(Wrong, "aggregate-before-rate", node,
				"%s of a %s sees a counter reset of one series as a reset of all: aggregate last, %s(%s(…[%s]))",
				name, a.Op, a.Op, name, model.Duration(arg.Range))
		}
	case *parser.MatrixSelector:
		vector, ok := arg.VectorSelector.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		s := newSelector(vector)
		var list []Finding
		switch kind := f.typeOf(s); {
		case kind == "gauge":
			list = finding(Wrong, "rate-of-gauge", node, "%s is a gauge, which goes down as well: %s(%s[%s]), or the value itself",
				s.Names[0], rates[name], s.Text, model.Duration(arg.Range))
		case kind == "summary" && !counterName.MatchString(s.Names[0]):
			list = finding(Wrong, "rate-of-quantile", node, "%s is a summary, its series are quantiles: %s(%s_sum[…]) / %s(%s_count[…]) is the average",
				s.Names[0], name, s.Names[0], name, s.Names[0])
		}
		return append(list, rangeFinding(node, name, arg.Range, f.interval(s))...)
	}
	return nil
}

func rangeFinding(node parser.Node, name string, span, interval time.Duration) []Finding {
	if interval == 0 || span == 0 || span >= enough*interval {
		return nil
	}
	advice := fmt.Sprintf("write [%s] or more", model.Duration(enough*interval))
	if span < 2*interval {
		return finding(Wrong, "range-too-short", node, "%s over %s rarely sees two samples, which come every %s: %s",
			name, model.Duration(span), model.Duration(interval), advice)
	}
	return finding(Info, "range-short", node, "%s over %s has a gap when one scrape fails, they come every %s: %s",
		name, model.Duration(span), model.Duration(interval), advice)
}

func inner(e parser.Expr) parser.Expr {
	for {
		paren, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = paren.Expr
	}
}

// Functions whose argument is a counter by right though they make no rate of
// it, because they do not look at how high it is.
var indifferent = map[string]bool{
	"absent": true, "timestamp": true, "absent_over_time": true, "present_over_time": true, "count_over_time": true,
	"resets": true, "changes": true, "rate": true, "irate": true, "increase": true,
}

// checkCounter looks for counters whose height is read: it only says how long
// ago the process was started.
func checkCounter(f Facts, node parser.Node, path []parser.Node) []Finding {
	vector, ok := node.(*parser.VectorSelector)
	if !ok {
		return nil
	}
	s := newSelector(vector)
	kind := f.typeOf(s)
	if kind != "counter" && !(kind == "" && len(s.Names) == 1 && counterName.MatchString(s.Names[0])) {
		return nil
	}
	for _, parent := range path {
		switch parent := parent.(type) {
		case *parser.Call:
			if indifferent[parent.Func.Name] {
				return nil
			}
		case *parser.AggregateExpr:
			switch parent.Op {
			case parser.COUNT, parser.GROUP, parser.COUNT_VALUES:
				return nil
			}
		case *parser.BinaryExpr:
			if parent.Op.IsSetOperator() || parent.VectorMatching != nil && kind == "" {
				return nil // may be a ratio of two counters, or an info metric
			}
		}
	}
	level, name := Warning, s.Names[0]
	text := "%s is a counter: its value says little, rate(%s[5m]) is per second, increase(%s[1h]) per hour"
	if kind == "" {
		level, text = Info, "%s is named like a counter: if it is one, rate(%s[5m]) is per second, increase(%s[1h]) per hour"
	}
	return finding(level, "counter-without-rate", node, text, name, s.Text, s.Text)
}
