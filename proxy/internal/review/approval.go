package review

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// NotApproved says what the user has to do before a client starts the servers of the
// project in dir, which may be some of names only. It is empty where nothing is to be
// done, or where nobody knows.
func NotApproved(t target.Target, h target.Host, dir string, names []string) string {
	switch t.ID {
	case "claude":
		return claudeAsks(h, dir, names)
	case "codex":
		rules := read(configfile.TOML, t.UserFile(h))
		if level, _ := rules.at("projects", dir, "trust_level").(string); level != "trusted" {
			return "Codex reads this file only in a project that it trusts: start codex there, and say so"
		}
	}
	return ""
}

// claudeAsks reads the places where Claude Code notes what was approved.
func claudeAsks(h target.Host, dir string, names []string) string {
	files := []settings{
		read(configfile.JSONC, filepath.Join(h.Home, ".claude", "settings.json")),
		read(configfile.JSONC, filepath.Join(dir, ".claude", "settings.local.json")),
		read(configfile.JSONC, filepath.Join(h.Home, ".claude.json")).in("projects", dir),
	}
	approved := func(name string) bool {
		return slices.ContainsFunc(files, func(s settings) bool {
			list, _ := s.at("enabledMcpjsonServers").([]any)
			return s.at("enableAllProjectMcpServers") == true || slices.Contains(list, any(name))
		})
	}
	if slices.ContainsFunc(names, func(name string) bool { return !approved(name) }) {
		return "Claude Code asks before it starts the servers of a project: start claude there, and approve them"
	}
	return ""
}

// settings are a mapping of a file; nil for one that is not there, or not read.
type settings configfile.Object

func read(format configfile.Format, path string) settings {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	file, err := configfile.Parse(format, text)
	if err != nil {
		return nil
	}
	members, _, err := file.Entries()
	if err != nil {
		return nil
	}
	var s settings
	for _, m := range members {
		s = append(s, configfile.Member{Key: m.Key, Value: m.Value})
	}
	return s
}

// at is what stands at path, nil for nothing.
func (s settings) at(path ...string) any {
	var value any = configfile.Object(s)
	for _, key := range path {
		o, ok := value.(configfile.Object)
		if !ok {
			return nil
		}
		value, _ = o.Get(key)
	}
	return value
}

func (s settings) in(path ...string) settings {
	o, _ := s.at(path...).(configfile.Object)
	return settings(o)
}
