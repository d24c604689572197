package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// roo is Roo Code in VS Code. Source: its documentation.
func roo() Target {
	keys := common
	keys.allow = "alwaysAllow"
	return Target{
		ID: "roo", Name: "Roo Code", Proof: Documented, Source: "Roo Code documentation",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User: func(h Host) []string {
			return under(h.support("Code", "User", "globalStorage", "rooveterinaryinc.roo-cline", "settings"), "mcp_settings.json")
		},
		Project: []string{".roo/mcp.json"},
		Folders: func(h Host) []string { return h.support("Code", "User", "globalStorage", "rooveterinaryinc.roo-cline") },
		Entry:   func(l Launch) configfile.Object { return keys.entry(l) },
		Found:   keys.found,
		Refer:   envColon,
		After:   "open its MCP view and restart loom",
	}
}
