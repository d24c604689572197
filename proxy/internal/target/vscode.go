package target

import (
	"path/filepath"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// vscode is VS Code with Copilot, and its Insiders. The key is servers; it ignores
// mcpServers without a word. There is no timeout, no approval of tools and no switch
// in the file. Its Copilot harness also reads the portable files, Claude Code's of a
// project and the Copilot CLI's. Source:
// code.visualstudio.com/docs/agents/reference/mcp-configuration.
func vscode() Target {
	keys := common
	keys.kind, keys.local, keys.remote, keys.noFolder = "type", "stdio", "http", false
	return Target{
		ID: "vscode", Name: "VS Code", Proof: Documented, Source: "code.visualstudio.com, MCP configuration reference",
		Format: configfile.JSONC, Key: []string{"servers"},
		User:      func(h Host) []string { return under(h.codeUser(), "mcp.json") },
		Project:   []string{".vscode/mcp.json"},
		Programs:  []string{"code", "code-insiders"},
		Folders:   func(h Host) []string { return h.codeUser() },
		Entry:     func(l Launch) configfile.Object { return keys.entry(l) },
		Found:     keys.found,
		Refer:     envColon,
		After:     "run the command MCP: List Servers, choose loom, Start; MCP: Reset Cached Tools if it shows old tools",
		InProject: "open .vscode/mcp.json, press Start above loom and trust it; MCP: Reset Cached Tools if it shows old tools",
		MaxTools:  128,
		AlsoReads: []Other{{ID: "claude", Project: true}, {ID: "copilot"}},
	}
}

// under is a file in each of some folders.
func under(folders []string, file ...string) []string {
	paths := make([]string, len(folders))
	for i, folder := range folders {
		paths[i] = filepath.Join(append([]string{folder}, file...)...)
	}
	return paths
}
