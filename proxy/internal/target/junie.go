package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// junie is JetBrains Junie.
func junie() Target {
	keys := common
	return Target{
		ID: "junie", Name: "JetBrains Junie", Proof: Unverified, Source: "Junie documentation",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:    func(h Host) []string { return []string{h.home(".junie", "mcp", "mcp.json")} },
		Project: []string{".junie/mcp/mcp.json"},
		Folders: func(h Host) []string { return []string{h.home(".junie")} },
		Entry:   func(l Launch) configfile.Object { return keys.entry(l) },
		Found:   keys.found,
		Refer:   noReference,
		After:   "restart the IDE",
	}
}
