package logql

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Query is what [Scan] finds in a query.
type Query struct {
	Text      string
	Metric    bool // numbers come out of it, not lines
	Selectors []Selector
}

// Selector is one {…} of a query, with what follows it.
type Selector struct {
	Text     string // {app="api"}, as it was written
	Pos      int
	Matchers []Matcher
	Stages   []Stage
	Range    time.Duration // of [5m], 0 if there is none
	Offset   time.Duration
}

// Matcher is one condition on a label of a stream.
type Matcher struct{ Name, Op, Value string }

func (m Matcher) String() string { return m.Name + m.Op + Quote(m.Value) }

// Stage is one step that lines pass: a line filter with its texts, or what
// comes after a |.
type Stage struct {
	Op    string // |= != |~ !~ |> !>, or | for all others
	Name  string // after a |: json, logfmt, or the label of a label filter
	Texts []string
	Pos   int
}

// Filter reports whether s is a line filter.
func (s Stage) Filter() bool { return s.Op != "|" }

// Scan finds the selectors of a query. An error is an [*Error].
func Scan(query string) (Query, error) {
	q := Query{Text: query}
	tokens, err := scan(query)
	if err != nil {
		return q, err
	}
	for i, t := range tokens {
		if t.value != "(" || t.kind != sign {
			q.Metric = t.kind != sign || t.value != "{"
			if t.kind == end && i == 0 {
				return q, &Error{0, "the query is empty"}
			}
			break
		}
	}
	for i := 0; i < len(tokens); {
		t := tokens[i]
		switch {
		case t.kind == sign && t.value == "{":
			s, next, err := selector(query, tokens, i)
			if err != nil {
				return q, err
			}
			s.Stages, i = stages(tokens, next)
			q.Selectors = append(q.Selectors, s)
		case t.kind == sign && t.value == "[" && q.Selectors != nil:
			last := &q.Selectors[len(q.Selectors)-1]
			d, ok := ParseDuration(tokens[i+1].value)
			if !ok || tokens[i+2].value != "]" {
				return q, &Error{tokens[i+1].pos, "a range is a duration in brackets, such as [5m]"}
			}
			last.Range = max(last.Range, d)
			i += 3
		case t.kind == word && t.value == "offset" && q.Selectors != nil:
			i++
			negative := tokens[i].value == "-"
			if negative {
				i++
			}
			if d, ok := ParseDuration(tokens[i].value); ok && tokens[i].kind == number {
				if negative {
					d = -d
				}
				q.Selectors[len(q.Selectors)-1].Offset = d
				i++
			}
		default:
			i++
		}
	}
	return q, nil
}

// selector reads from the { at i to its }.
func selector(query string, tokens []token, i int) (Selector, int, error) {
	s := Selector{Pos: tokens[i].pos}
	for i++; ; {
		t := tokens[i]
		if t.kind == sign && t.value == "}" {
			s.Text = query[s.Pos : t.pos+1]
			return s, i + 1, nil
		}
		if t.kind == sign && t.value == "," {
			i++
			continue
		}
		if t.kind == end {
			return s, i, &Error{t.pos, "a selector does not end: } is missing"}
		}
		if t.kind != word {
			return s, i, &Error{t.pos, "the name of a label is expected here"}
		}
		op := tokens[i+1]
		if op.kind != sign || !slices.Contains([]string{"=", "!=", "=~", "!~"}, op.value) {
			return s, i, &Error{op.pos, "one of = != =~ !~ is expected after the label " + t.value}
		}
		value := tokens[i+2]
		if value.kind != text {
			return s, i, &Error{value.pos, "a value in quotes is expected after " + t.value + op.value}
		}
		s.Matchers = append(s.Matchers, Matcher{t.value, op.value, value.value})
		i += 3
	}
}

var lineFilters = []string{"|=", "!=", "|~", "!~", "|>", "!>"}

// parsers are the stages after which != begins a line filter, not a comparison.
var parsers = []string{"json", "logfmt", "unpack", "decolorize", "pattern", "regexp"}

// stages reads the steps that follow a selector.
func stages(tokens []token, i int) (list []Stage, next int) {
	compare := false // a != here compares a label
	for {
		t := tokens[i]
		switch {
		case t.kind == sign && slices.Contains(lineFilters, t.value) && !compare:
			s := Stage{Op: t.value, Pos: t.pos}
			for i++; tokens[i].kind == text; i++ {
				s.Texts = append(s.Texts, tokens[i].value)
				if tokens[i+1].kind == word && tokens[i+1].value == "or" {
					i++
				}
			}
			list = append(list, s)
			continue
		case t.kind == sign && t.value == "|":
			s := Stage{Op: "|", Pos: t.pos}
			if tokens[i+1].kind == word {
				s.Name = tokens[i+1].value
				i++
			}
			compare = !slices.Contains(parsers, s.Name)
			list = append(list, s)
		case t.kind == sign && (t.value == "[" || t.value == "{"), t.kind == end:
			return list, i
		case t.kind == sign && t.value == ")" && (list == nil || depth(tokens, list[len(list)-1].Pos, i) == 0):
			return list, i
		case t.kind == text && len(list) > 0:
			list[len(list)-1].Texts = append(list[len(list)-1].Texts, t.value)
		case t.kind == sign && slices.Contains(lineFilters, t.value) && len(list) > 0 && tokens[i-1].kind != word:
			compare = false
			continue
		}
		i++
	}
}

// depth counts parentheses that are open at token i since pos.
func depth(tokens []token, pos, i int) (n int) {
	for _, t := range tokens[:i] {
		if t.kind != sign || t.pos < pos {
			continue
		}
		switch t.value {
		case "(":
			n++
		case ")":
			n--
		}
	}
	return n
}

// ParseDuration reads a duration of LogQL: 5m, 1h30m, 1.5h, 100ms.
func ParseDuration(s string) (time.Duration, bool) {
	var total time.Duration
	for rest := s; rest != ""; {
		n := 0
		for n < len(rest) && (isDigit(rest[n]) || rest[n] == '.') {
			n++
		}
		m := n
		for m < len(rest) && !isDigit(rest[m]) && rest[m] != '.' {
			m++
		}
		count, err := strconv.ParseFloat(rest[:n], 64)
		unit, known := units[rest[n:m]]
		if err != nil || !known || count*float64(unit)+float64(total) > float64(1<<62) {
			return 0, false
		}
		total += time.Duration(count * float64(unit))
		rest = rest[m:]
	}
	return total, s != ""
}

const day = 24 * time.Hour

var units = map[string]time.Duration{
	"ns": 1, "us": time.Microsecond, "µs": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
	"m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day, "y": 365 * day,
}

// Pipeline reports whether lines of s pass any stage.
func (s Selector) Pipeline() bool { return len(s.Stages) > 0 }

// Reach is how far before the time of an evaluation q reads.
func (q Query) Reach() (most time.Duration) {
	for _, s := range q.Selectors {
		most = max(most, s.Range+s.Offset)
	}
	return most
}

func unescape(quoted string) (string, bool) {
	value, err := strconv.Unquote(quoted)
	return value, err == nil
}

// Quote writes a text as LogQL reads it: with the quotes that need fewer escapes.
func Quote(s string) string {
	if strings.ContainsAny(s, `\"`) && strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// Parses reports whether a stage of that name makes labels of lines, which fails
// for a line of another format.
func Parses(name string) bool {
	return slices.Contains([]string{"json", "logfmt", "unpack", "regexp", "pattern", "label_format", "line_format", "unwrap"}, name)
}
