package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// qwen is Qwen Code. Seen with 0.24.4.
func qwen() Target {
	return Target{
		ID: "qwen", Name: "Qwen Code", Proof: Proven, Source: "Qwen Code 0.24.4, qwen mcp list",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:     func(h Host) []string { return []string{h.home(".qwen", "settings.json")} },
		Project:  []string{".qwen/settings.json"},
		Programs: []string{"qwen"},
		Folders:  func(h Host) []string { return []string{h.home(".qwen")} },
		Entry:    geminiKeys.entryWithTimeout,
		Found:    geminiKeys.foundRemote,
		Refer:    shellOnly,
		After:    "start a new session",
	}
}
