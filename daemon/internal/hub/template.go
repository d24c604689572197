package hub

import (
	"regexp"
	"strings"
)

// maxTemplate is over any template that is meant to be filled in.
const maxTemplate = 4096

// compileTemplate makes a URI template (RFC 6570) into the expression that the
// URIs match which it can stand for. It is wider than the RFC where that costs
// nothing: what a variable holds is for the server to judge, and here it is
// only asked whose it is. It returns nil for what is no template.
func compileTemplate(template string) *regexp.Regexp {
	if len(template) > maxTemplate {
		return nil
	}
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for rest := template; rest != ""; {
		literal, expression, opened := strings.Cut(rest, "{")
		b.WriteString(regexp.QuoteMeta(literal))
		if !opened {
			if strings.Contains(literal, "}") {
				return nil
			}
			break
		}
		inner, after, closed := strings.Cut(expression, "}")
		if !closed || inner == "" || strings.ContainsAny(inner, "{") || strings.Contains(literal, "}") {
			return nil
		}
		b.WriteString(variables(inner))
		rest = after
	}
	b.WriteString(`\z`)
	fits, err := regexp.Compile(b.String())
	if err != nil {
		return nil
	}
	return fits
}

// variables is what an expression can become (RFC 6570, section 3.2). All but
// the first two vanish, with their operator, when none of the variables is set.
func variables(expression string) string {
	switch expression[0] {
	case '+': // reserved
		return `.+`
	case '#': // a fragment
		return `(?:#.*)?`
	case '.': // a label
		return `(?:\.[^/?#]+)?`
	case '/': // segments of a path
		return `(?:/[^?#]*)?`
	case ';': // parameters of a path
		return `(?:;[^/?#]*)?`
	case '?': // a query
		return `(?:\?[^#]*)?`
	case '&': // more of a query
		return `(?:&[^#]*)?`
	}
	return `[^/?#]+`
}
