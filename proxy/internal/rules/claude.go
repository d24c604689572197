package rules

import (
	"bytes"
	"encoding/json"
	"path/filepath"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// Where Claude Code 2.1.330 has rules, all of it measured: deny and ask count wherever
// they stand, and deny beats ask beats allow, whichever is more special.
func claudeLocations(f finder) []Location {
	managed := func(format configfile.Format, path ...string) Location {
		return f.managed(format, "/etc/claude-code", "/Library/Application Support/ClaudeCode", path...)
	}
	out := []Location{
		managed(configfile.JSONC, "managed-settings.json"),
		below(".json", managed(configfile.JSONC, "managed-settings.d")),
		managed(configfile.JSONC, "managed-mcp.json"),
		f.home(configfile.JSONC, ".claude", "settings.json"),
		f.home(configfile.JSONC, ".claude.json"),
	}
	out = append(out, f.each(configfile.JSONC, Local, ".claude", "settings.local.json")...)
	out = append(out, f.each(configfile.JSONC, Project, ".claude", "settings.json")...)
	for _, folder := range []string{"agents", "commands", "skills"} {
		out = append(out, below(".md", f.home("", ".claude", folder)))
		for _, l := range f.each("", Project, ".claude", folder) {
			out = append(out, below(".md", l))
		}
	}
	return out
}

// mcpWork is a plan for a client that calls a tool mcp__SERVER__TOOL.
type mcpWork struct {
	*work
	moves []mcpMove
	dialect
}

func carryClaude(w *work) {
	c := mcpWork{w, mcpMoves(underscores, w.Moves), claudeMatchers}
	for _, s := range w.sheets {
		switch {
		case s.Format == "":
			c.markdown(s)
		case filepath.Base(s.Path) == "managed-mcp.json": // see Forbidden
		case filepath.Base(s.Path) == ".claude.json":
			c.projects(s)
		default:
			c.settings(s)
		}
	}
	for _, s := range w.sheets {
		if s.err != nil && s.Format != "" {
			c.unreadable(s)
		}
	}
}

// settings is a file of settings.
func (c *mcpWork) settings(s *sheet) {
	c.strictList(s, "deny", "permissions", "deny")
	c.strictList(s, "ask", "permissions", "ask")
	c.allowList(s, "Claude Code", "permissions", "allow")
	c.hooks(s)
	c.serverLists(s)
	if text := bytes.TrimPrefix(s.Data, []byte("\ufeff")); len(s.lines) > 0 && len(text) > 0 && !json.Valid(text) {
		c.note(c.moves[0].Move, Place{Path: s.Path}, "the whole file", "Claude Code ignores it and says nothing: it takes no comments, and no comma behind the last element")
	}
}
