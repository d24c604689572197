package hub

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/loom-core/loom/daemon/internal/catalog"
)

// scheme is that of what Loom itself keeps. No server gets to answer for it.
const scheme = "loom://"

// resources are the resources and templates of all servers. Their URIs stay as
// they are, since results and definitions refer to them.
type resources struct {
	listed     [][]byte
	templates  [][]byte
	owners     map[string]string // by URI, and by template
	patterns   []pattern
	collisions []string
}

// pattern is a template of a server. It is compiled when the first URI is held
// against it: most views never need it.
type pattern struct {
	server string
	fits   func() *regexp.Regexp // nil from it: it is no template
}

// add adds those of a server. What an earlier one has too stays with that one.
func (r *resources) add(server string, e *catalog.Entry) {
	if r.owners == nil {
		r.owners = map[string]string{}
	}
	for _, t := range e.Resources {
		if r.claim(server, "resource", t.Name) {
			r.listed = append(r.listed, t.Raw)
		}
	}
	for _, t := range e.Templates {
		if !r.claim(server, "resource template", t.Name) {
			continue
		}
		r.templates = append(r.templates, t.Raw)
		r.patterns = append(r.patterns, pattern{server, sync.OnceValue(func() *regexp.Regexp { return compileTemplate(t.Name) })})
	}
}

func (r *resources) claim(server, what, uri string) bool {
	first, taken := r.owners[uri]
	switch {
	case strings.HasPrefix(uri, scheme):
		r.collisions = append(r.collisions, fmt.Sprintf("%s %s of %s is not shown: %s is Loom's own", what, uri, server, scheme))
		return false
	case taken && first != server:
		r.collisions = append(r.collisions, fmt.Sprintf("%s %s of %s is not shown: %s has it too", what, uri, server, first))
		return false
	}
	r.owners[uri] = server
	return true
}

// Owner is the server that a resource belongs to: the one that lists it, else
// the first with a template that it fits.
func (v *View) Owner(uri string) (server string, ok bool) {
	if strings.HasPrefix(uri, scheme) {
		return "", false
	}
	if server, ok := v.resources.owners[uri]; ok {
		return server, true
	}
	for _, p := range v.resources.patterns {
		if re := p.fits(); re != nil && re.MatchString(uri) {
			return p.server, true
		}
	}
	return "", false
}

// Collisions says which resources are not shown because another server has
// them too, and which names the registry gives in vain, one sentence each.
func (v *View) Collisions() []string {
	return slices.Concat(v.resources.collisions, v.tools.collisions)
}
