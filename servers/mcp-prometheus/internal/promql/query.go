package promql

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Query is PromQL that parses.
type Query struct {
	// Experimental says what a server without feature flags refuses in it; empty
	// when that is nothing.
	Experimental string

	text string
	expr parser.Expr
}

// MaxLength is how long a query may be. People write hundreds of bytes.
const MaxLength = 64 << 10

var (
	// lenient takes all that any server may take.
	lenient = parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true,
		EnableExtendedRangeSelectors: true, EnableBinopFillModifiers: true,
	})
	strict = parser.NewParser(parser.Options{})
)

// Parse reads a query. Its error is a [SyntaxError].
func Parse(text string) (*Query, error) {
	if len(text) > MaxLength {
		return nil, &SyntaxError{Message: fmt.Sprintf("the query has %d bytes, at most %d are read", len(text), MaxLength)}
	}
	expr, err := lenient.ParseExpr(text)
	if err != nil {
		return nil, syntaxError(text, err)
	}
	q := &Query{text: text, expr: expr}
	if _, err := strict.ParseExpr(text); err != nil {
		q.Experimental = syntaxError(text, err).Message
	}
	return q, nil
}

// Type of the result: scalar, instant vector, range vector or string.
func (q *Query) Type() string { return parser.DocumentedType(q.expr.Type()) }

// Pretty is the query with line breaks where it is long.
func (q *Query) Pretty() string { return parser.Prettify(q.expr) }

// Selector is what the query reads of one set of series.
type Selector struct {
	Text   string   // without range and offset: up{job="api"}
	Names  []string // of metrics that it names; none for {job="api"}
	Range  time.Duration
	Offset time.Duration

	at       int
	matchers []*labels.Matcher
}

// Selectors are all of the query, in the order of the text.
func (q *Query) Selectors() []Selector {
	var list []Selector
	parser.Inspect(q.expr, func(node parser.Node, path []parser.Node) error {
		if vector, ok := node.(*parser.VectorSelector); ok {
			s := newSelector(vector)
			if n := len(path); n > 0 {
				if m, ok := path[n-1].(*parser.MatrixSelector); ok {
					s.Range = m.Range
				}
			}
			list = append(list, s)
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Selector) int { return a.at - b.at })
	return list
}

func newSelector(v *parser.VectorSelector) Selector {
	bare := parser.VectorSelector{Name: v.Name, LabelMatchers: v.LabelMatchers}
	s := Selector{Text: bare.String(), Offset: v.OriginalOffset, at: int(v.PosRange.Start), matchers: v.LabelMatchers}
	for _, m := range v.LabelMatchers {
		switch {
		case m.Name != model.MetricNameLabel:
		case m.Type == labels.MatchEqual:
			s.Names = append(s.Names, m.Value)
		case m.Type == labels.MatchRegexp:
			s.Names = append(s.Names, m.SetMatches()...)
		}
	}
	return s
}

// Job is the job that the selector is limited to, empty if it is not.
func (s Selector) Job() string {
	for _, m := range s.matchers {
		if m.Name == "job" && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// Names are those of all metrics that the query names, each once.
func (q *Query) Names() []string {
	var names []string
	for _, s := range q.Selectors() {
		for _, name := range s.Names {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Functions are those that the query calls, each once.
func (q *Query) Functions() []string {
	return q.collect(func(node parser.Node) string {
		if call, ok := node.(*parser.Call); ok {
			return call.Func.Name
		}
		return ""
	})
}

// Aggregations are those of the query with their labels: sum by (job).
func (q *Query) Aggregations() []string {
	return q.collect(func(node parser.Node) string {
		a, ok := node.(*parser.AggregateExpr)
		switch {
		case !ok:
			return ""
		case a.Without:
			return fmt.Sprintf("%s without (%s)", a.Op, strings.Join(a.Grouping, ", "))
		case len(a.Grouping) > 0:
			return fmt.Sprintf("%s by (%s)", a.Op, strings.Join(a.Grouping, ", "))
		}
		return a.Op.String()
	})
}

func (q *Query) collect(text func(parser.Node) string) []string {
	var list []string
	parser.Inspect(q.expr, func(node parser.Node, _ []parser.Node) error {
		if s := text(node); s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
		return nil
	})
	return list
}

// Reach is how far before the time of evaluation the query reads.
func (q *Query) Reach() time.Duration {
	var most time.Duration
	parser.Inspect(q.expr, func(node parser.Node, path []parser.Node) error {
		v, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		reach := v.OriginalOffset
		for _, parent := range path {
			switch parent := parent.(type) {
			case *parser.MatrixSelector:
				reach += parent.Range
			case *parser.SubqueryExpr:
				reach += parent.Range + parent.OriginalOffset
			}
		}
		most = max(most, reach)
		return nil
	})
	return most
}

// Threshold takes a comparison with a number apart, which most alerts are:
// what is compared, how, and with what. ok is false for anything else.
func (q *Query) Threshold() (left, op string, limit float64, ok bool) {
	expr := q.expr
	for {
		paren, is := expr.(*parser.ParenExpr)
		if !is {
			break
		}
		expr = paren.Expr
	}
	b, is := expr.(*parser.BinaryExpr)
	if !is || !b.Op.IsComparisonOperator() || b.ReturnBool || b.LHS.Type() != parser.ValueTypeVector {
		return "", "", 0, false
	}
	limit, ok = constant(b.RHS)
	return b.LHS.String(), b.Op.String(), limit, ok
}

// constant is the value of a number, with or without a sign or parentheses.
func constant(e parser.Expr) (float64, bool) {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		return e.Val, true
	case *parser.ParenExpr:
		return constant(e.Expr)
	case *parser.UnaryExpr:
		v, ok := constant(e.Expr)
		if e.Op == parser.SUB {
			v = -v
		}
		return v, ok
	}
	return 0, false
}

// counterName fits the names of counters by convention.
var counterName = regexp.MustCompile(`_(total|bucket|count|sum)$`)
