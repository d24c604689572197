package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// windsurf is Windsurf. Source: its documentation.
func windsurf() Target {
	keys := common
	keys.url = "serverUrl"
	return Target{
		ID: "windsurf", Name: "Windsurf", Proof: Documented, Source: "Windsurf documentation",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User: func(h Host) []string {
			return []string{h.home(".codeium", "windsurf", "mcp_config.json"), h.home(".codeium", "mcp_config.json")}
		},
		Folders:  func(h Host) []string { return []string{h.home(".codeium")} },
		Entry:    func(l Launch) configfile.Object { return keys.entry(l) },
		Found:    keys.found,
		Refer:    envColon,
		After:    "press refresh in its MCP settings",
		MaxTools: 100,
	}
}
