package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// auggie is Auggie, the CLI of Augment. 0.36.0 read the file; that it starts what
// stands there was not seen. Keys: its page docs.augmentcode.com/cli/integrations, of which the beginning was
// at hand.
func auggie() Target {
	keys := common
	keys.kind, keys.local, keys.remote = "type", "stdio", "http"
	return Target{
		ID: "auggie", Name: "Auggie", Proof: Unverified, Source: "Auggie 0.36.0 reads the file: auggie mcp list --json",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:     func(h Host) []string { return []string{h.home(".augment", "settings.json")} },
		Programs: []string{"auggie"},
		Folders:  func(h Host) []string { return []string{h.home(".augment")} },
		Entry:    func(l Launch) configfile.Object { return keys.entry(l) },
		Found:    keys.found,
		Refer:    noReference,
		After:    "start a new session",
	}
}
