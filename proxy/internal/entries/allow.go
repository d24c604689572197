package entries

import (
	"cmp"
	"regexp"

	"github.com/loom-core/loom/registry"
)

// seen are tools of a server by the names that loomd gives them. A profile that
// shows Loom's search tools shows none of them. One whose name loomd has to change
// is left out: what becomes of it is not known here.
func seen(s registry.Server, profile registry.Profile, tools []string) (names []string) {
	for _, tool := range tools {
		alias, _ := s.ToolAs(tool)
		name := cmp.Or(alias, tool)
		if !profile.Bare {
			name = string(s.Name) + "__" + name
		}
		if !profile.Search && goodName.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}

var goodName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,52}$`)

// allowed are the tools that the registry says always_allow of, by the server's own
// names, as far as the profile lets them through.
func allowed(s registry.Server, profile registry.Profile) (tools []string) {
	for _, tool := range alwaysAllowed(s) {
		if profile.AllowsTool(s, tool, registry.ToolHint{}) {
			tools = append(tools, tool)
		}
	}
	return tools
}

// alwaysAllowed asks a registry that knows always_allow.
func alwaysAllowed(s any) []string {
	if s, ok := s.(interface{ AlwaysAllowed() []string }); ok {
		return s.AlwaysAllowed()
	}
	return nil
}

// isFor asks a registry that has servers for one client alone.
func isFor(s any, client string) bool {
	if s, ok := s.(interface{ IsFor(string) bool }); ok {
		return s.IsFor(client)
	}
	return true
}
