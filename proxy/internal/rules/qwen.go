package rules

import (
	"fmt"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What Qwen Code 0.24.4 does, by its program: its permissions are Claude Code's, in its
// settings, with a * at the end of a rule alone; tools.exclude and tools.allowed are the
// same as deny and allow, and tools.disabled has exact names. Entries are as in Gemini CLI.
func qwenLocations(f finder) []Location {
	managed := func(name string) Location {
		return f.managed(configfile.JSONC, "/etc/qwen-code", "/Library/Application Support/QwenCode", name)
	}
	out := []Location{managed("settings.json"), managed("system-defaults.json"), f.home(configfile.JSONC, ".qwen", "settings.json"), below(".md", f.home("", ".qwen", "agents"))}
	out = append(out, f.each(configfile.JSONC, Project, ".qwen", "settings.json")...)
	for _, l := range f.each("", Project, ".qwen", "agents") {
		out = append(out, below(".md", l))
	}
	return out
}

func carryQwen(w *work) {
	c := mcpWork{w, mcpMoves(underscores, w.Moves), geminiMatchers}
	for _, m := range c.moves {
		c.geminiEntry(m.Move, "Qwen Code")
	}
	for _, s := range w.sheets {
		if s.Format == "" {
			c.markdown(s)
			continue
		}
		c.strictList(s, "deny", "permissions", "deny")
		c.strictList(s, "deny", "tools", "exclude")
		c.strictList(s, "ask", "permissions", "ask")
		c.strictNames(s, []string{"tools", "disabled"}, func(mcpMove, Place, string) {}) // exact names alone
		c.allowList(s, "Qwen Code", "permissions", "allow")
		c.allowList(s, "Qwen Code", "tools", "allowed")
		c.hooks(s)
		c.qwenServers(s)
		if s.err != nil && s.Format != "" {
			c.unreadable(s)
		}
	}
}

// qwenServers carries over lists of whole servers, in which a name may be a glob.
func (c *mcpWork) qwenServers(s *sheet) {
	for _, e := range s.list("mcp", "excluded") {
		for _, m := range c.moves {
			if name, _ := e.Value.(string); covers(name, m.From) && !covers(name, "loom") {
				c.without(m, s, s.at(e.Pos), "mcp.excluded", "its tools are denied")
			}
		}
	}
	allowed, ok := s.value("mcp", "allowed")
	if !ok {
		return
	}
	all := texts(s.list("mcp", "allowed"))
	moved := false
	for _, m := range c.moves {
		if slices.ContainsFunc(all, func(name string) bool { return covers(name, m.From) }) {
			moved = true
		} else {
			c.without(m, s, s.at(allowed.Pos), "mcp.allowed", "it does not name the server, whose tools are not there")
		}
	}
	if moved && c.writable(s.Owner) && !slices.ContainsFunc(all, namesLoom) {
		s.add([]string{"mcp", "allowed"}, list("loom"), Line{Key: "mcp.allowed", New: []string{"loom"}, Why: fmt.Sprintf("otherwise %s would not start Loom", "Qwen Code")})
	}
}
