package target

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// goose is Goose, as a program and in a terminal. An extension has to say its name,
// and one behind an address what it is for, or it is left out without a word. The
// timeout is in seconds. Sources: block.github.io/goose/docs/guides/config-files and
// its code (crates/goose/src/agents/extension.rs); not seen.
func goose() Target {
	keys := fields{
		kind: "type", local: "stdio", remote: "streamable_http", args: "args", env: "envs",
		url: "uri", headers: "headers", enabled: "enabled", noFolder: true,
	}
	return Target{
		ID: "goose", Name: "Goose", Proof: Unverified, Source: "block.github.io/goose, Configuration Overview",
		Format: configfile.YAML, Key: []string{"extensions"},
		User:     func(h Host) []string { return under(gooseFolders(h), "config.yaml") },
		Programs: []string{"goose"},
		Folders:  gooseFolders,
		Entry: func(l Launch) configfile.Object {
			return renamed(keys.entry(l,
				configfile.Member{Key: "name", Value: l.Name},
				configfile.Member{Key: "description", Value: cmp.Or(l.Description, l.Name)},
				configfile.Member{Key: "timeout", Value: int64(600)},
				configfile.Member{Key: "enabled", Value: true}), "command", "cmd")
		},
		Found: func(o configfile.Object) (Found, bool) {
			f, ok := keys.found(renamed(o, "cmd", "command"))
			f.Lost = slices.DeleteFunc(f.Lost, func(key string) bool { return key == "name" })
			return f, ok
		},
		Refer: noReference,
		After: "start a new session",
	}
}

func gooseFolders(h Host) []string {
	folders := []string{h.config("goose")}
	if h.Windows != "" {
		folders = append(folders, filepath.Join(h.Windows, "AppData", "Roaming", "Block", "goose", "config"))
	}
	return folders
}

// renamed is o with one key called otherwise.
func renamed(o configfile.Object, from, to string) configfile.Object {
	var out configfile.Object
	for _, m := range o {
		if m.Key == from {
			m.Key = to
		}
		out = append(out, m)
	}
	return out
}
