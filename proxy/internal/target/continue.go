package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// continueDev is Continue. Its servers are a list, whose entries have a name. A file
// without name and version is none that it takes. Headers are in the options of a
// request. Sources: docs.continue.dev/customize/deep-dives/mcp and the schema of its
// code (packages/config-yaml), June 2026; not seen.
func continueDev() Target {
	keys := common
	keys.kind, keys.local, keys.remote, keys.noFolder = "type", "stdio", "streamable-http", false
	keys.within = "requestOptions"
	return Target{
		ID: "continue", Name: "Continue", Proof: Unverified, Source: "docs.continue.dev, Model Context Protocol",
		Format: configfile.YAML, Key: []string{"mcpServers"},
		New:     "name: Local Agent\nversion: 1.0.0\nschema: v1\n",
		User:    func(h Host) []string { return h.homes(".continue", "config.yaml") },
		Folders: func(h Host) []string { return h.homes(".continue") },
		Entry:   func(l Launch) configfile.Object { return keys.entry(l) },
		Found:   keys.found,
		Refer:   noReference,
		After:   "nothing in VS Code, where Continue reads the file when it changes; JetBrains: reload the config; cn: start a new session",
	}
}
