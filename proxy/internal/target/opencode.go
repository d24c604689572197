package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// opencode is opencode. Seen with 1.18.33.
func opencode() Target {
	t := openCodeLike()
	t.ID, t.Name, t.Source = "opencode", "opencode", "opencode 1.18.33, opencode mcp list"
	t.User = func(h Host) []string {
		return []string{h.config("opencode", "opencode.json"), h.config("opencode", "opencode.jsonc")}
	}
	t.Project = []string{"opencode.json", "opencode.jsonc"}
	t.Programs = []string{"opencode"}
	t.Folders = func(h Host) []string { return []string{h.config("opencode")} }
	return t
}

// openCodeLike is what opencode and Kilo, which was made from it, have in common. The
// timeout, in milliseconds, is of each request: of a call of a tool as well as of the
// start, and 5 s otherwise.
func openCodeLike() Target {
	keys := fields{
		kind: "type", local: "local", remote: "remote", joined: true, env: "environment",
		url: "url", headers: "headers", cwd: "cwd", enabled: "enabled",
	}
	return Target{
		Proof: Proven, Format: configfile.JSONC, Key: []string{"mcp"},
		Entry: func(l Launch) configfile.Object {
			return keys.entry(l,
				configfile.Member{Key: "enabled", Value: true},
				configfile.Member{Key: "timeout", Value: int64(600000)})
		},
		Found: keys.found,
		Refer: braceEnv,
		After: "start a new session",
	}
}
