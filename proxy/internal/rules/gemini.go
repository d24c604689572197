package rules

import (
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What Gemini CLI 0.61.0 does, by its program and documentation: a tool is
// mcp_SERVER_TOOL in lists of exact names, where mcp_SERVER_* is a whole server and there
// is no other pattern. A tool that is denied is hidden. mcp.allowed, of which only what is
// in the list of every file counts, also makes Gemini call the tools of these servers
// unasked, like trust in an entry; tools.confirmationRequired beats that. Policies are a
// file of rules of their own.
func geminiLocations(f finder) []Location {
	managed := func(path ...string) Location {
		return f.managed(configfile.JSONC, "/etc/gemini-cli", "/Library/Application Support/GeminiCli", path...)
	}
	policies := managed("policies")
	policies.Format = configfile.TOML
	out := []Location{
		managed("settings.json"), managed("system-defaults.json"), below(".toml", policies),
		f.home(configfile.JSONC, ".gemini", "settings.json"),
		f.home(configfile.JSONC, ".gemini", "mcp-server-enablement.json"),
		below(".toml", f.home(configfile.TOML, ".gemini", "policies")),
		below(".md", f.home("", ".gemini", "agents")),
	}
	out = append(out, f.each(configfile.JSONC, Project, ".gemini", "settings.json")...)
	for _, l := range f.each("", Project, ".gemini", "agents") {
		out = append(out, below(".md", l))
	}
	return out
}

func carryGemini(w *work) {
	c := mcpWork{w, mcpMoves(underscore, w.Moves), geminiMatchers}
	for _, m := range c.moves {
		c.geminiEntry(m.Move, "Gemini CLI")
	}
	for _, s := range w.sheets {
		switch {
		case s.Format == "":
			c.markdown(s)
		case s.Format == configfile.TOML:
			c.policy(s)
		case filepath.Base(s.Path) == "mcp-server-enablement.json":
			c.enablement(s)
		default:
			c.geminiSettings(s)
		}
		if s.err != nil && s.Format != "" {
			c.unreadable(s)
		}
	}
}

// geminiEntry carries over what the server's entry says. In includeTools a name may have
// brackets behind it.
func (c *mcpWork) geminiEntry(m Move, client string) {
	if tools, ok := stringsOf(m.Entry, "includeTools"); ok {
		for i, tool := range tools {
			tools[i], _, _ = strings.Cut(tool, "(")
		}
		c.only(m, Place{}, "includeTools", tools...)
	}
	tools, _ := stringsOf(m.Entry, "excludeTools")
	c.deny(m, Place{}, "excludeTools", tools...)
	if trust, _ := m.Entry.Get("trust"); trust == true {
		c.note(m, Place{}, "trust", client+" can trust Loom whole or not at all: it will ask about this server's tools")
	}
}

func (c *mcpWork) geminiSettings(s *sheet) {
	for _, path := range [][]string{{"tools", "exclude"}, {"excludeTools"}} {
		c.strictNames(s, path, func(m mcpMove, at Place, rule string) {
			c.without(m, s, at, rule, "its tools are denied")
		})
	}
	c.strictNames(s, []string{"tools", "confirmationRequired"}, func(m mcpMove, at Place, rule string) {
		c.block(m.Move, at, rule, "Gemini CLI has no pattern for a part of Loom, so it would not ask about tools that the server gets later: write the names of its tools instead")
	})
	for _, path := range [][]string{{"tools", "allowed"}, {"tools", "core"}, {"allowedTools"}, {"coreTools"}} {
		c.allowedNames(s, path)
	}
	c.hooks(s)
	c.geminiServers(s)
}

// without keeps all tools of a server from the client, because of what a file says.
func (c *mcpWork) without(m mcpMove, s *sheet, at Place, rule, why string) {
	switch s.Owner {
	case User:
		c.offWhole(m.Move, at, rule)
	case Managed:
		c.block(m.Move, at, rule, whose(s.Owner)+why+", and through Loom they would be there")
	default:
		c.block(m.Move, at, rule, why+" in this project, and Loom cannot keep them from one project alone")
	}
}
