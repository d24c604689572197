package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// kiro is Kiro, the IDE and the CLI. Keys: kiro.dev/docs/mcp/configuration and
// kiro.dev/docs/cli/mcp/configuration, which name neither cwd nor a timeout.
func kiro() Target {
	keys := common
	keys.allow = "autoApprove"
	return Target{
		ID: "kiro", Name: "Kiro", Proof: Unverified, Source: "kiro.dev/docs/mcp/configuration",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:     func(h Host) []string { return h.homes(".kiro", "settings", "mcp.json") },
		Project:  []string{".kiro/settings/mcp.json"},
		Programs: []string{"kiro-cli"},
		Folders:  func(h Host) []string { return h.homes(".kiro") },
		Entry:    func(l Launch) configfile.Object { return keys.entry(l) },
		Found:    keys.found,
		Refer:    shellBraces,
		After:    "nothing in the IDE, which reads the file when it changes; the CLI: start a new session",
	}
}
