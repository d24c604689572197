package target

import (
	"path/filepath"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// vscode is VS Code with Copilot. Source: its documentation of mcp.json. The key is
// servers; it ignores mcpServers without a word.
func vscode() Target {
	keys := common
	keys.kind, keys.local, keys.remote = "type", "stdio", "http"
	return Target{
		ID: "vscode", Name: "VS Code", Proof: Documented, Source: "VS Code documentation of mcp.json",
		Format: configfile.JSONC, Key: []string{"servers"},
		User:      func(h Host) []string { return under(h.support("Code", "User"), "mcp.json") },
		Project:   []string{".vscode/mcp.json"},
		Programs:  []string{"code"},
		Folders:   func(h Host) []string { return h.support("Code", "User") },
		Entry:     func(l Launch) configfile.Object { return keys.entry(l) },
		Found:     keys.found,
		Refer:     envColon,
		After:     "run MCP: List Servers, start loom; MCP: Reset Cached Tools when it shows old tools",
		MaxTools:  128,
		AlsoReads: []string{"claude", "copilot"},
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
