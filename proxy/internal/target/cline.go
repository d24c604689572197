package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// cline is Cline in VS Code. Source: its documentation.
func cline() Target {
	keys := common
	keys.allow = "autoApprove"
	return Target{
		ID: "cline", Name: "Cline", Proof: Documented, Source: "Cline documentation; Cline CLI 3.0.65 writes another form",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User: func(h Host) []string {
			return under(h.support("Code", "User", "globalStorage", "saoudrizwan.claude-dev", "settings"), "cline_mcp_settings.json")
		},
		Folders: func(h Host) []string { return h.support("Code", "User", "globalStorage", "saoudrizwan.claude-dev") },
		Entry:   func(l Launch) configfile.Object { return keys.entry(l) },
		Found:   keys.found,
		Refer:   noReference,
		After:   "open its MCP view and restart loom",
	}
}
