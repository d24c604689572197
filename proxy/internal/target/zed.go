package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// zed is Zed. Source: its documentation. The settings are its own, with comments.
func zed() Target {
	keys := common
	return Target{
		ID: "zed", Name: "Zed", Proof: Documented, Source: "Zed documentation of context_servers",
		Format: configfile.JSONC, Key: []string{"context_servers"},
		User:     func(h Host) []string { return []string{h.config("zed", "settings.json")} },
		Project:  []string{".zed/settings.json"},
		Programs: []string{"zed"},
		Folders:  func(h Host) []string { return []string{h.config("zed")} },
		Entry:    func(l Launch) configfile.Object { return keys.entry(l) },
		Found:    keys.found,
		Refer:    noReference,
		After:    "nothing: Zed reads its settings when they change",
	}
}
