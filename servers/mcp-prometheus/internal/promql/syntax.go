package promql

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/promql/parser"
)

// SyntaxError says where a query stops being PromQL.
type SyntaxError struct {
	Line, Column int // from 1, in characters; 0 when there is no place
	Message      string

	line string // of the query
}

func syntaxError(text string, err error) *SyntaxError {
	var all parser.ParseErrors
	if !errors.As(err, &all) || len(all) == 0 {
		return &SyntaxError{Message: err.Error()}
	}
	e := &SyntaxError{Message: all[0].Err.Error()}
	at := min(max(int(all[0].PositionRange.Start), 0), len(text))
	before := text[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	e.Line = strings.Count(before, "\n") + 1
	e.Column = utf8.RuneCountInString(before[start:]) + 1
	e.line, _, _ = strings.Cut(text[start:], "\n")
	return e
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// caretSides is how much of a long line is shown on both sides of the place.
const caretSides = 60

// Caret is the line of the query with a caret under the place.
func (e *SyntaxError) Caret() string {
	if e.Line == 0 {
		return ""
	}
	runes := []rune(strings.ReplaceAll(e.line, "\t", " "))
	from, to := max(0, e.Column-1-caretSides), min(len(runes), e.Column-1+caretSides)
	head := ""
	if from > 0 {
		head = "…"
	}
	tail := ""
	if to < len(runes) {
		tail = "…"
	}
	shift := utf8.RuneCountInString(head) + e.Column - 1 - from
	return head + string(runes[from:to]) + tail + "\n" + strings.Repeat(" ", shift) + "^"
}
