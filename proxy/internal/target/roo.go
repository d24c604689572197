package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// roo is Roo Code in VS Code. An address needs a type. The timeout is in seconds, of
// a call, from 1 to 3600. Source: docs.roocode.com/features/mcp/using-mcp-in-roo, and
// the extension 3.52.1, which checks its file that strictly.
func roo() Target {
	keys := common
	keys.kind, keys.remote, keys.noFolder = "type", "streamable-http", false
	keys.allow = "alwaysAllow"
	return Target{
		ID: "roo", Name: "Roo Code", Proof: Documented, Source: "docs.roocode.com, Using MCP in Roo Code",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User: func(h Host) []string {
			return under(h.codeUser("globalStorage", "rooveterinaryinc.roo-cline", "settings"), "mcp_settings.json")
		},
		Project: []string{".roo/mcp.json"},
		Folders: func(h Host) []string { return h.codeUser("globalStorage", "rooveterinaryinc.roo-cline") },
		Entry: func(l Launch) configfile.Object {
			return keys.entry(l, configfile.Member{Key: "timeout", Value: int64(600)})
		},
		Found: keys.found,
		Refer: envColon,
		After: "nothing: Roo Code reads the file when it changes; restart loom in its MCP view if it shows old tools",
	}
}
