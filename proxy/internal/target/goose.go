package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// goose is Goose. Source: its documentation; not seen.
func goose() Target {
	keys := fields{kind: "type", local: "stdio", remote: "streamable_http", args: "args", env: "envs", url: "uri", headers: "headers", enabled: "enabled"}
	return Target{
		ID: "goose", Name: "Goose", Proof: Unverified, Source: "Goose documentation",
		Format: configfile.YAML, Key: []string{"extensions"},
		User:     func(h Host) []string { return []string{h.config("goose", "config.yaml")} },
		Programs: []string{"goose"},
		Folders:  func(h Host) []string { return []string{h.config("goose")} },
		Entry: func(l Launch) configfile.Object {
			o := renamed(keys.entry(l), "command", "cmd")
			return append(o,
				configfile.Member{Key: "name", Value: l.Name},
				configfile.Member{Key: "timeout", Value: int64(600)},
				configfile.Member{Key: "enabled", Value: true})
		},
		Found: func(o configfile.Object) (Found, bool) { return keys.found(renamed(o, "cmd", "command")) },
		Refer: noReference,
		After: "start a new session",
	}
}

// renamed is o with one key called otherwise.
func renamed(o configfile.Object, from, to string) configfile.Object {
	out := make(configfile.Object, len(o))
	for i, m := range o {
		if m.Key == from {
			m.Key = to
		}
		out[i] = m
	}
	return out
}
