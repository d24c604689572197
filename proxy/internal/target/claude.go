package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// claude is Claude Code. Seen with 2.1.330. Its file holds its history too. A
// server runs in the project; there is no key for another folder.
func claude() Target {
	keys := common
	keys.kind, keys.local, keys.remote = "type", "stdio", "http"
	return Target{
		ID: "claude", Name: "Claude Code", Proof: Proven, Source: "Claude Code 2.1.330, claude mcp list",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:     func(h Host) []string { return []string{h.home(".claude.json")} },
		Project:  []string{".mcp.json"},
		Programs: []string{"claude"},
		Folders:  func(h Host) []string { return []string{h.home(".claude")} },
		Entry: func(l Launch) configfile.Object {
			return keys.entry(l, configfile.Member{Key: "timeout", Value: int64(600000)})
		},
		Found: keys.found,
		Refer: shellDefault,
		After: "in a running session: /mcp, then reconnect loom", InProject: "start claude in this folder and approve loom when it asks",
		Local: func(dir string) []string { return []string{"projects", dir, "mcpServers"} },
	}
}
