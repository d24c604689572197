package inventory

import (
	"fmt"
)

func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, n)
}

// differ says what a client has otherwise than the first.
func (g *gatherer) differ(s *Server, v variant) {
	g.vars(s, v, v.entry.Env)
	g.vars(s, v, v.entry.Headers)
}
