package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// claudeDesktop is Claude Desktop. It starts servers with few variables and in no
// particular folder, and reads its file at its start. The file takes processes only:
// a remote server is a connector, which is set up in the program. Source:
// modelcontextprotocol.io/docs/develop/connect-local-servers.
func claudeDesktop() Target {
	keys := common
	keys.url, keys.headers = "", ""
	return Target{
		ID: "claude-desktop", Name: "Claude Desktop", Proof: Documented, Source: "modelcontextprotocol.io, Connect to local MCP servers",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:    func(h Host) []string { return under(h.support("Claude"), "claude_desktop_config.json") },
		Folders: func(h Host) []string { return h.support("Claude") },
		Entry:   func(l Launch) configfile.Object { return keys.entry(l) },
		Found:   keys.found,
		Refer:   noReference,
		After:   "quit Claude Desktop and start it again",
	}
}
