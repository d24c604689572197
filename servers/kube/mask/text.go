package mask

import (
	"strings"

	"github.com/loom-core/loom/servers/kit/redact"
)

// Text finds values with the name of a credential before them, as in
// DB_PASSWORD=x, "token":"x", <token>x</token> and a line token: x, and after a
// name, as in {"name":"DB_PASSWORD","value":"x"}. In prose, as in "token: x was
// refused", only what looks like one is taken for one.
func Text(s string) (spans []redact.Span) {
	paired := -1 // where the value of such a name ended
	for at := 0; at < len(s); at++ {
		if s[at] != '=' && s[at] != ':' && s[at] != '>' {
			continue
		}
		name, start := nameBefore(s, at)
		pair := strings.EqualFold(name, "value") && (Sensitive(nameOf(s, start)) || paired >= 0 && strings.Trim(s[paired:start], gap) == "")
		if !pair && !Sensitive(name) || s[at] == '>' && !isTag(s, start, at) {
			continue
		}
		from, to := valueAfter(s, at)
		value := s[from:to]
		if len(value) < 3 || open(value) {
			continue
		}
		if s[at] == ':' && !pair && !atKey(s, start) && (len(value) < 8 || !strings.ContainsAny(value, digits)) {
			continue
		}
		spans = append(spans, redact.Span{Start: from, End: to, What: "value"})
		at = to - 1
		if pair {
			paired = to
		}
	}
	return spans
}

// gap is what stands between the members of an object, in JSON, YAML, Go's syntax
// and differences of that, which have spaces that do not break.
const gap = " \t\r\n\"'\\,+-\u00a0"

// nameOf is the name that an object has before the member at end: a of
// "name":"a","value", empty if there is none.
func nameOf(s string, end int) string {
	s = s[max(0, end-512):end]
	s = strings.TrimRight(s, gap)
	name, start := nameBefore(s, len(s))
	s, ok := strings.CutSuffix(strings.TrimRight(s[:start], " \t\"'\\\u00a0"), ":")
	if key, _ := nameBefore(s, len(s)); !ok || !strings.EqualFold(key, "name") && !strings.EqualFold(key, "key") {
		return ""
	}
	return name
}

// isTag reports whether a name is the whole of a tag of XML that opens.
func isTag(s string, start, end int) bool {
	return start > 0 && s[start-1] == '<' && isName(s[end-1])
}

func hideAll(s string) string {
	spans := Text(s)
	if spans == nil {
		return s
	}
	var b strings.Builder
	at := 0
	for _, span := range spans {
		b.WriteString(s[at:span.Start])
		b.WriteString(marker(span.End - span.Start))
		at = span.End
	}
	return b.String() + s[at:]
}

func nameBefore(s string, end int) (name string, start int) {
	for end > 0 && strings.IndexByte(`"'\ `, s[end-1]) >= 0 {
		end--
	}
	start = end
	for start > 0 && end-start < 128 && isName(s[start-1]) {
		start--
	}
	return s[start:end], start
}

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
}

// valueAfter is one word, or all in quotes.
func valueAfter(s string, sep int) (from, to int) {
	from = sep + 1
	for from < len(s) && (s[from] == ' ' || s[from] == '\t') {
		from++
	}
	quote := byte(0)
	if from < len(s) && s[from] == '\\' {
		from++
	}
	if from < len(s) && (s[from] == '"' || s[from] == '\'') {
		quote = s[from]
		from++
	}
	for to = from + placeholder(s[from:]); to < len(s); to++ {
		c := s[to]
		if c == '\n' || c == '\r' || quote != 0 && (c == quote || c == '\\') || quote == 0 && strings.IndexByte(" \t\"',;&)}]", c) >= 0 || s[sep] == '>' && c == '<' {
			break
		}
	}
	return from, to
}

// atKey reports whether a name is a key: the first on its line, or quoted.
func atKey(s string, start int) bool {
	if start > 0 && (s[start-1] == '"' || s[start-1] == '\'') {
		return true
	}
	for start > 0 && strings.IndexByte(" \t-{,", s[start-1]) >= 0 {
		start--
	}
	return start == 0 || s[start-1] == '\n'
}
