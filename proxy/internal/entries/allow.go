package entries

import (
	"cmp"

	"github.com/loom-core/loom/core/toolname"
	"github.com/loom-core/loom/registry"
)

// seen are tools of a server by the names that loomd gives them. A profile that
// shows Loom's search tools shows none of them.
func seen(s registry.Server, profile registry.Profile, tools []string) (names []string) {
	if profile.Search {
		return nil
	}
	for _, tool := range tools {
		alias, _ := s.ToolAs(tool)
		name := cmp.Or(alias, tool)
		if !profile.Bare {
			name = toolname.Expose(string(s.Name), name)
		}
		names = append(names, name)
	}
	return names
}

// allowed are the tools that the registry says always_allow of, by the server's own
// names, as far as the profile lets them through.
func allowed(s registry.Server, profile registry.Profile) (tools []string) {
	for _, tool := range s.AlwaysAllowed() {
		if profile.AllowsTool(s, tool, registry.ToolHint{}) {
			tools = append(tools, tool)
		}
	}
	return tools
}
