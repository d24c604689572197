package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// cursor is Cursor. Tools over its limit are not offered to the model, and a tool
// whose name and server are over 60 characters is filtered. Source: cursor.com/docs/mcp,
// which names neither cwd nor a timeout; an address has no type.
func cursor() Target {
	keys := common
	keys.kind, keys.local = "type", "stdio"
	return Target{
		ID: "cursor", Name: "Cursor", Proof: Documented, Source: "cursor.com, Model Context Protocol",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:     func(h Host) []string { return h.homes(".cursor", "mcp.json") },
		Project:  []string{".cursor/mcp.json"},
		Programs: []string{"cursor"},
		Folders:  func(h Host) []string { return h.homes(".cursor") },
		Entry:    func(l Launch) configfile.Object { return keys.entry(l) },
		Found:    keys.found,
		Refer:    envColon,
		After:    "open its settings, Tools & MCP, and switch loom on",
		MaxTools: 40,
	}
}
