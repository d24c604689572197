// Package redact takes credentials out of text: it says what was there and how
// long it was, never the value. The kit passes every answer and every error
// through it, once they are rendered and before they are cut, so that no tool
// can forget to. It imports nothing of ours.
//
// It knows credentials by their form. What has none, such as the values of a
// Kubernetes Secret, a server names by a [Rule] or a [Mask] of its own, and its
// own credentials by their values.
package redact

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Span is a credential in a text.
type Span struct {
	Start, End int    // in bytes
	What       string // as the reader is told: GitLab token
}

// Rule finds credentials in a text.
type Rule func(text string) []Span

// Mask names the members of an object whose texts are credentials, however
// deep. get is a member of the object that is a text, "" when it is none.
type Mask func(get func(name string) string) []string

// Redactor is what one server takes out. The zero value knows the forms.
type Redactor struct {
	Rules   []Rule
	Mask    Mask            // nil: none
	Secrets func() []string // values that are credentials, as they are now; nil: none
}

// shortest is the length under which a value is too common to be searched for.
const shortest = 8

// Text is s without credentials, and how many there were.
func (r *Redactor) Text(s string) (string, int) {
	spans := append(find(s), keyLines(s)...)
	if r.Secrets != nil {
		for _, secret := range r.Secrets() {
			spans = append(spans, occurrences(s, secret)...)
		}
	}
	for _, rule := range r.Rules {
		spans = append(spans, rule(s)...)
	}
	spans = slices.DeleteFunc(spans, func(span Span) bool { // of a rule that is wrong
		return span.Start < 0 || span.End > len(s) || span.Start >= span.End
	})
	if len(spans) == 0 {
		return s, 0
	}
	return replace(s, spans)
}

func occurrences(s, secret string) (spans []Span) {
	if len(secret) < shortest {
		return nil
	}
	for at := 0; ; {
		i := strings.Index(s[at:], secret)
		if i < 0 {
			return spans
		}
		spans = append(spans, Span{at + i, at + i + len(secret), "credential of this server"})
		at += i + len(secret)
	}
}

// replace puts a marker in the place of each span. Spans that meet become one.
func replace(s string, spans []Span) (string, int) {
	slices.SortFunc(spans, func(a, b Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	var b strings.Builder
	b.Grow(len(s))
	at, n := 0, 0
	for i := 0; i < len(spans); {
		span := spans[i]
		for i++; i < len(spans) && spans[i].Start < span.End; i++ {
			span.End = max(span.End, spans[i].End)
		}
		b.WriteString(s[at:span.Start])
		b.WriteString(Marker(span.What, s[span.Start:span.End]))
		at = span.End
		n++
	}
	b.WriteString(s[at:])
	return b.String(), n
}

// Marker is what stands for a value.
func Marker(what, value string) string {
	return fmt.Sprintf("%s %s, %d characters]", marked, what, utf8.RuneCountInString(value))
}

const marked = "[redacted:"

// Header reports whether a member or a header of this name has a credential
// for its value.
func Header(name string) bool {
	_, ok := headers[strings.ToLower(name)]
	return ok
}

// Value is the value of a header or member that [Header] knows, redacted.
func Value(value string) (string, int) {
	start, end := credential(value, true)
	if start == end {
		return value, 0
	}
	return value[:start] + Marker("credential", value[start:end]) + value[end:], 1
}
