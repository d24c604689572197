package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// continueDev is Continue. Its servers are a list, whose entries have a name.
// Source: its documentation; not seen.
func continueDev() Target {
	keys := common
	return Target{
		ID: "continue", Name: "Continue", Proof: Unverified, Source: "Continue documentation",
		Format: configfile.YAML, Key: []string{"mcpServers"},
		User:    func(h Host) []string { return []string{h.home(".continue", "config.yaml")} },
		Folders: func(h Host) []string { return []string{h.home(".continue")} },
		Entry:   func(l Launch) configfile.Object { return keys.entry(l) },
		Found:   keys.found,
		Refer:   noReference,
		After:   "reload its window",
	}
}
