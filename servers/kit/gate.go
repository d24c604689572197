package kit

import (
	"strings"

	"github.com/loom-core/loom/servers/kit/redact"
)

// gate is what all text of an answer passes on its way out, before it is cut:
// it is cleaned, and credentials are taken out. The zero gate knows those by
// their form.
type gate struct {
	redact.Redactor
	redacted int // how many were taken out
}

func (s *Server) gate() *gate { return &gate{Redactor: s.Redact} }

func (g *gate) text(s string) string {
	s, n := g.Text(Clean(s))
	g.redacted += n
	return s
}

// cell is a text that is a value in a record.
func (g *gate) cell(s string) string {
	s, n := redact.KeyLine(g.text(s))
	g.redacted += n
	return s
}

// object takes out what the names of its members give away.
func (g *gate) object(o object) object {
	for i, m := range o {
		if v, ok := m.value.(string); ok && redact.Header(m.key) {
			var n int
			o[i].value, n = redact.Value(v)
			g.redacted += n
		}
	}
	if g.Mask == nil {
		return o
	}
	get := func(name string) string {
		for _, m := range o {
			if text, ok := m.value.(string); ok && m.key == name {
				return text
			}
		}
		return ""
	}
	for _, name := range g.Mask(get) {
		for i, m := range o {
			if m.key == name {
				o[i].value = g.masked(m.value, name)
			}
		}
	}
	return o
}

// masked is v with its texts replaced. Names of members stay: they are what a
// reader needs.
func (g *gate) masked(v any, what string) any {
	switch v := v.(type) {
	case string:
		if v == "" || strings.HasPrefix(v, "[redacted: ") {
			return v
		}
		g.redacted++
		return redact.Marker(what, v)
	case []any:
		for i := range v {
			v[i] = g.masked(v[i], what)
		}
	case object:
		for i := range v {
			v[i].value = g.masked(v[i].value, what)
		}
	}
	return v
}

// report adds how many credentials were taken out, if there were any.
func (g *gate) report(o object) object {
	if g.redacted == 0 {
		return o
	}
	return append(o[:len(o):len(o)], member{"redacted", g.redacted})
}
