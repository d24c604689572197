package hub

import (
	"fmt"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
)

// given is what the registry says a tool is to clients, in place of its server.
type given struct{ alias, description string }

// give notes what the registry calls the tools of s. An alias that is the own
// name of another tool is not used: a call by that name would do something else
// than its server documents. A tool that the registry turns off does not count,
// so that another one can take its place. What a profile hides does: or one name
// would mean different things to different clients.
func (n *namespace) give(s registry.Server, tools []catalog.Tool) {
	var all []registry.ToolRule
	for _, rule := range s.Tools {
		if rule.Alias != "" || rule.Description != "" {
			all = append(all, rule)
		}
	}
	if len(all) == 0 {
		return
	}
	own := map[string]string{} // of tools that keep their name, by what it is told apart by
	for _, t := range tools {
		if alias, _ := s.ToolAs(t.Name); alias == "" && s.ToolEnabled(t.Name) {
			own[n.fold(t.Name)] = t.Name
		}
	}
	for _, rule := range all {
		g := given{rule.Alias, rule.Description}
		if other, taken := own[n.fold(rule.Alias)]; taken {
			n.collisions = append(n.collisions, fmt.Sprintf("the alias %s of tool %s of %s is not used: the server has a tool %s (%s)", rule.Alias, rule.Pattern, s.Name, other, rule.Pos))
			g.alias = ""
		}
		n.given[loomrpc.Route{Server: string(s.Name), Tool: rule.Pattern}] = g
	}
}
