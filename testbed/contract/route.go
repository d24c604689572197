package contract

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// route is an operation at its path.
type route struct {
	name   string // METHOD /path, as in the list
	method string
	path   *regexp.Regexp // of an escaped path
	params []string       // names of what path has groups for
	fixed  int            // characters that are no parameters: more is a better fit
	op     *openapi3.Operation
	inPath map[string]*openapi3.Parameter
	query  map[string]*openapi3.Parameter
}

var inBraces = regexp.MustCompile(`\{([^}]+)\}`)

func newRoute(method, path string, item *openapi3.PathItem, op *openapi3.Operation) (*route, error) {
	r := &route{
		name: method + " " + path, method: method, op: op, fixed: len(inBraces.ReplaceAllString(path, "")),
		inPath: map[string]*openapi3.Parameter{}, query: map[string]*openapi3.Parameter{},
	}
	for _, list := range []openapi3.Parameters{item.Parameters, op.Parameters} {
		for _, ref := range list {
			switch p := ref.Value; p.In {
			case "path":
				r.inPath[p.Name] = p
			case "query":
				r.query[p.Name] = p
			}
		}
	}
	pattern := "^"
	rest := path
	for _, at := range inBraces.FindAllStringSubmatch(path, -1) {
		before, after, _ := strings.Cut(rest, at[0])
		part := "([^/]+)"
		p := r.inPath[at[1]]
		if p == nil {
			return nil, fmt.Errorf("%s does not say what %s is", r.name, at[1])
		}
		if many, _ := p.Extensions["x-multi-segment"].(bool); many {
			part = "(.+)"
			if method == "GET" && at[1] == "path" {
				part = "(.*)" // the root of a repository
			}
		}
		pattern += regexp.QuoteMeta(before) + part
		r.params = append(r.params, at[1])
		rest = after
	}
	var err error
	r.path, err = regexp.Compile(pattern + regexp.QuoteMeta(rest) + "$")
	return r, err
}

// values are the parameters in a path, nil if it is not one of the route's.
func (r *route) values(escaped string) map[string]string {
	found := r.path.FindStringSubmatch(escaped)
	if found == nil {
		return nil
	}
	out := map[string]string{}
	for i, name := range r.params {
		text, err := url.PathUnescape(found[i+1])
		if err != nil {
			return nil
		}
		out[name] = text
	}
	return out
}

// find is the route of a request. others are the methods that the path has.
func (d *Description) find(method, escaped string) (best *route, others []string) {
	path, ok := strings.CutPrefix(escaped, d.Prefix)
	if !ok {
		return nil, nil
	}
	for _, r := range d.routes {
		switch {
		case !r.path.MatchString(path):
		case r.method != method:
			if !slices.Contains(others, r.method) {
				others = append(others, r.method)
			}
		case best == nil || r.fixed > best.fixed:
			best = r
		}
	}
	return best, others
}
