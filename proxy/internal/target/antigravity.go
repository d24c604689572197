package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// antigravity is Antigravity.
func antigravity() Target {
	keys := common
	keys.url = "serverUrl"
	return Target{
		ID: "antigravity", Name: "Antigravity", Proof: Unverified, Source: "Antigravity documentation",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:    func(h Host) []string { return []string{h.home(".gemini", "antigravity", "mcp_config.json")} },
		Folders: func(h Host) []string { return []string{h.home(".gemini", "antigravity")} },
		Entry:   func(l Launch) configfile.Object { return keys.entry(l) },
		Found:   keys.found,
		Refer:   noReference,
		After:   "press refresh in its MCP view",
	}
}
