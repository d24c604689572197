package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// antigravity is Antigravity: the application, the IDE and the CLI (agy), which
// share one file since 2.0; the IDE before had its own. Sources: the notes on
// moving from Gemini CLI, antigravity.google/docs, and what agy 1.1.26 was measured to
// take by the linter skillsaw (its rule antigravity-mcp-valid): strict JSON, texts only
// in env, serverUrl before command. It has no cwd and no timeout.
func antigravity() Target {
	keys := common
	keys.url, keys.orURL = "serverUrl", "url"
	return Target{
		ID: "antigravity", Name: "Antigravity", Proof: Unverified, Source: "antigravity.google/docs, June 2026",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User: func(h Host) []string {
			return append(h.homes(".gemini", "config", "mcp_config.json"), h.homes(".gemini", "antigravity", "mcp_config.json")...)
		},
		Project:  []string{".agents/mcp_config.json"},
		Programs: []string{"agy"},
		Folders: func(h Host) []string {
			return append(h.homes(".gemini", "config"), h.homes(".gemini", "antigravity")...)
		},
		Entry: func(l Launch) configfile.Object { return keys.entry(l) },
		Found: keys.found,
		Refer: noReference,
		After: "press refresh in its list of MCP servers; the CLI: start a new session",
	}
}
