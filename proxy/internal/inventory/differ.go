package inventory

import (
	"fmt"

	"github.com/loom-core/loom/registry"
)

func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, n)
}

// differences say what a client has otherwise than the first. A client that had it
// switched off has it off.
func (g *gatherer) differences(s *Server) {
	_ = registry.New{}
}
