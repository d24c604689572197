package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// kiro is Kiro, the IDE and the CLI.
func kiro() Target {
	keys := common
	keys.allow = "autoApprove"
	return Target{
		ID: "kiro", Name: "Kiro", Proof: Unverified, Source: "Kiro documentation",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:    func(h Host) []string { return []string{h.home(".kiro", "settings", "mcp.json")} },
		Project: []string{".kiro/settings/mcp.json"},
		Folders: func(h Host) []string { return []string{h.home(".kiro")} },
		Entry:   func(l Launch) configfile.Object { return keys.entry(l) },
		Found:   keys.found,
		Refer:   shellBraces,
		After:   "reconnect loom in its MCP view",
	}
}
