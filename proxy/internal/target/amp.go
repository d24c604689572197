package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// amp is Amp. It read the file; that it starts what stands there was not seen. The
// key is one word with a dot in it, also in a project's file, whose servers have to
// be approved. Keys: as others quote its manual, ampcode.com/manual.
func amp() Target {
	keys := common
	return Target{
		ID: "amp", Name: "Amp", Proof: Unverified, Source: "Amp 0.0.1790142911 reads the file: amp mcp list",
		Format: configfile.JSONC, Key: []string{"amp.mcpServers"},
		User:     func(h Host) []string { return []string{h.config("amp", "settings.json")} },
		Project:  []string{".amp/settings.json"},
		Programs: []string{"amp"},
		Folders:  func(h Host) []string { return []string{h.config("amp")} },
		Entry:    func(l Launch) configfile.Object { return keys.entry(l) },
		Found:    keys.found,
		Refer:    noReference,
		After:    "start a new session", InProject: "amp mcp approve loom, then start a new session",
	}
}
