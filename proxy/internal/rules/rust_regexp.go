package rules

import (
	"regexp"
	"strings"
)

// rustRegexp is an expression of Rust's library, which is much like Go's. nil matches
// nothing.
type rustRegexp struct{ *regexp.Regexp }

func (r rustRegexp) match(name string) bool { return r.Regexp != nil && r.MatchString(name) }

// parseRust reads an expression. One that looks around is invalid there.
func parseRust(text string) (expression, error) {
	for _, look := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.Contains(text, look) {
			return rustRegexp{}, nil
		}
	}
	for _, differs := range []string{"&&", "--", "~~", "(?x", "[["} {
		if strings.Contains(text, differs) {
			return nil, errUnchecked
		}
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, errUnchecked
	}
	return rustRegexp{re}, nil
}
