package registry

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Position is a place in a file. Lines and columns count from 1, columns in
// characters. The zero Position is nowhere.
type Position struct {
	File         string
	Line, Column int
}

// String is file:line:column, which editors and terminals make a link of.
func (p Position) String() string {
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Problem is one thing that is wrong in a file.
type Problem struct {
	Pos     Position
	Message string
	Hint    string // what to do about it, may be empty
}

// String is one line.
func (p Problem) String() string {
	text := p.Pos.String() + ": " + p.Message
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}

// ValidationError is everything that is wrong in some files, sorted by place.
type ValidationError struct {
	Problems []Problem // at least one
}

func newValidationError(problems []Problem) *ValidationError {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column), cmp.Compare(a.Message, b.Message))
	})
	return &ValidationError{Problems: slices.Compact(problems)}
}

// Error has a line for each problem.
func (e *ValidationError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Shipped reports a place in the registry that comes with Loom.
func (p Position) Shipped() bool { return p.File == shippedPath }
