package target

import (
	"path/filepath"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// copilot is the Copilot CLI. Seen with 1.0.102.
func copilot() Target {
	keys := common
	keys.kind, keys.local, keys.remote, keys.noFolder = "type", "local", "http", false
	return Target{
		ID: "copilot", Name: "Copilot CLI", Proof: Proven, Source: "Copilot CLI 1.0.102, with a model of its own",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User: func(h Host) []string {
			if h.CopilotHome != "" {
				return []string{filepath.Join(h.CopilotHome, "mcp-config.json")}
			}
			return []string{h.home(".copilot", "mcp-config.json")}
		},
		Project:  []string{".github/mcp.json"}, // it reads .mcp.json too, which is Claude Code's
		Programs: []string{"copilot"},
		Folders:  func(h Host) []string { return []string{h.home(".copilot")} },
		Entry: func(l Launch) configfile.Object {
			return keys.entry(l,
				configfile.Member{Key: "tools", Value: []any{"*"}},
				configfile.Member{Key: "timeout", Value: int64(600000)})
		},
		Found:     keys.found,
		Refer:     shellBraces,
		After:     "start a new session",
		AlsoReads: []Other{{ID: "claude", Project: true}},
	}
}
