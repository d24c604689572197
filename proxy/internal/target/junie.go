package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// junie is JetBrains Junie: the plugin and the CLI. Path and keys are those that other
// programs write for it (Laravel's Boost among them); its own page,
// junie.jetbrains.com/docs/junie-cli-mcp-configuration.html, was not at hand, and
// jetbrains.com/help/junie knows processes only.
func junie() Target {
	keys := common
	return Target{
		ID: "junie", Name: "JetBrains Junie", Proof: Unverified, Source: "jetbrains.com/help/junie, Model Context Protocol",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:    func(h Host) []string { return h.homes(".junie", "mcp", "mcp.json") },
		Project: []string{".junie/mcp/mcp.json"},
		Folders: func(h Host) []string { return h.homes(".junie") },
		Entry:   func(l Launch) configfile.Object { return keys.entry(l) },
		Found:   keys.found,
		Refer:   noReference,
		After:   "open Settings, Tools, Junie, MCP Settings and switch loom on; the CLI: start a new session",
	}
}
