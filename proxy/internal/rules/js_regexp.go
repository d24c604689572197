package rules

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// errUnchecked is an expression of JavaScript that means something else here, or nothing,
// so that nobody can say what it matches.
var errUnchecked = errors.New("it is written in a way that Loom cannot check")

// jsRegexp is an unanchored expression of JavaScript, without flags: one of its
// alternatives matches.
type jsRegexp []jsAlternative

// jsAlternative may begin with ^(?!…), which is how people leave something out.
type jsAlternative struct{ not, is *regexp.Regexp }

// parseJS reads an expression. One that JavaScript cannot read either matches nothing,
// and has no alternatives.
func parseJS(text string) (expression, error) {
	var out jsRegexp
	for _, alternative := range topLevel(text) {
		a := jsAlternative{}
		if rest, ok := strings.CutPrefix(alternative, "^(?!"); ok {
			end := closing(rest)
			if end < 0 || end+1 < len(rest) && strings.ContainsRune("*+?{", rune(rest[end+1])) {
				return nil, errUnchecked
			}
			not, err := compileJS("^(?:" + rest[:end] + ")")
			if err != nil || not == nil {
				return nil, errUnchecked
			}
			a.not, alternative = not, "^(?:"+rest[end+1:]+")"
		}
		is, err := compileJS(alternative)
		if err != nil {
			return nil, err
		}
		if is == nil {
			return jsRegexp{}, nil
		}
		a.is = is
		out = append(out, a)
	}
	return out, nil
}

func (r jsRegexp) match(name string) bool {
	for _, a := range r {
		if (a.not == nil || !a.not.MatchString(name)) && a.is.MatchString(name) {
			return true
		}
	}
	return false
}

// repeatedPlace is a place, not a character, that is to come several times: JavaScript
// refuses that.
var repeatedPlace = regexp.MustCompile(`(^|[^\\[])(\\\\)*(\^|\$|\\b|\\B)([*+?]|\{\d+(,\d*)?\})`)

// compileJS compiles what means the same in both languages. nil is what is wrong in both.
func compileJS(text string) (*regexp.Regexp, error) {
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		switch {
		case text[i] == '\\' && i+1 < len(text):
			if c := text[i+1]; isLetterOrDigit(c) && !strings.ContainsRune("dDwWsSbBntrfv", rune(c)) {
				return nil, errUnchecked
			}
			i++
		case strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:"),
			strings.HasPrefix(rest, "[]"), strings.HasPrefix(rest, "[^]"), strings.HasPrefix(rest, "[["):
			return nil, errUnchecked
		}
	}
	if repeatedPlace.MatchString(text) {
		if strings.Contains(text, "[") { // where these may be plain characters
			return nil, errUnchecked
		}
		return nil, nil
	}
	re, err := regexp.Compile(text)
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		switch wrong.Code {
		case syntax.ErrMissingParen, syntax.ErrUnexpectedParen, syntax.ErrMissingRepeatArgument, syntax.ErrInvalidRepeatOp, syntax.ErrTrailingBackslash:
			return nil, nil
		}
		return nil, errUnchecked
	}
	return re, err
}

func isLetterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// topLevel are the alternatives of an expression.
func topLevel(text string) []string {
	var out []string
	begin := 0
	walk(text, func(i, depth int) bool {
		if depth == 0 && text[i] == '|' {
			out = append(out, text[begin:i])
			begin = i + 1
		}
		return true
	})
	return append(out, text[begin:])
}

// closing is where the bracket closes that was opened in front of a text, -1 if it does
// not.
func closing(text string) int {
	end := -1
	walk(text, func(i, depth int) bool {
		if depth < 0 {
			end = i
		}
		return end < 0
	})
	return end
}

// walk goes through an expression, outside of classes and behind no backslash, and says
// how many brackets are open behind each character.
func walk(text string, visit func(i, depth int) bool) {
	depth, class := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
			continue
		case class:
			class = c != ']'
			continue
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
		if !visit(i, depth) {
			return
		}
	}
}
