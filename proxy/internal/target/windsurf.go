package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// windsurf is Windsurf; its plugin for JetBrains has the second file. Source:
// docs.windsurf.com/windsurf/cascade/mcp, which names neither cwd nor a timeout.
func windsurf() Target {
	keys := common
	keys.url, keys.orURL = "serverUrl", "url"
	return Target{
		ID: "windsurf", Name: "Windsurf", Proof: Documented, Source: "docs.windsurf.com, Cascade MCP Integration",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User: func(h Host) []string {
			return append(h.homes(".codeium", "windsurf", "mcp_config.json"), h.homes(".codeium", "mcp_config.json")...)
		},
		Folders:  func(h Host) []string { return h.homes(".codeium") },
		Entry:    func(l Launch) configfile.Object { return keys.entry(l) },
		Found:    keys.found,
		Refer:    envColon,
		After:    "press refresh in its list of MCP servers, behind the icon above Cascade",
		MaxTools: 100,
	}
}
