package rules

import (
	"fmt"
	"path/filepath"
	"slices"
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

// strictNames carries over a list of names that denies or asks. whole is what to do
// about a whole server.
func (c *mcpWork) strictNames(s *sheet, path []string, whole func(m mcpMove, at Place, rule string)) {
	all := s.list(path...)
	there := texts(all)
	for i, e := range all {
		rule, _ := e.Value.(string)
		var add []string
		for _, m := range c.moves {
			rest, ok := strings.CutPrefix(rule, m.old)
			switch {
			case !ok || rest == "":
				continue
			case rest == "*":
				whole(m, s.at(e.Pos), rule)
				continue
			case strings.Contains(rest, "*"):
				continue // it matches nothing
			}
			missing := absent(m.rules(rest), there)
			switch {
			case len(missing) == 0:
			case c.writable(s.Owner):
				add, there = append(add, missing...), append(there, missing...)
			default:
				c.block(m.Move, s.at(e.Pos), rule, whose(s.Owner)+"in Loom this would not count any more: put "+quoted(missing)+" beside it")
			}
		}
		if len(add) > 0 {
			s.replace(path, i, append(list(rule), list(add...)...), Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: add, Kept: true})
		}
	}
}

// allowedNames carries over a list of names that are allowed.
func (c *mcpWork) allowedNames(s *sheet, path []string) {
	all := s.list(path...)
	there := texts(all)
	for i, e := range all {
		rule, _ := e.Value.(string)
		for _, m := range c.moves {
			rest, ok := strings.CutPrefix(rule, m.old)
			if !ok || rest == "" || rest != "*" && strings.Contains(rest, "*") {
				continue
			}
			now := m.rules(rest)
			if rest == "*" {
				now = nil
				for _, tool := range m.Tools {
					now = append(now, m.after(tool))
				}
			}
			now = absent(now, there)
			switch {
			case !c.writable(s.Owner) && len(now) > 0:
				c.note(m.Move, s.at(e.Pos), rule, whose(s.Owner)+"it would have to say "+quoted(now))
				continue
			case !c.writable(s.Owner):
				continue
			case rest == "*":
				c.note(m.Move, s.at(e.Pos), rule, "it is said for each tool that the server has now, and not for those that come later")
			}
			there = append(there, now...)
			if s.Owner == Project || c.Project {
				if len(now) > 0 {
					s.replace(path, i, append(list(rule), list(now...)...), Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: now, Kept: true})
				}
			} else {
				s.replace(path, i, list(now...), Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: now})
			}
			break // an exact name is one server's
		}
	}
}

// absent are the names that are not in a list.
func absent(names, there []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(there, name) })
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

// geminiServers carries over lists of whole servers.
func (c *mcpWork) geminiServers(s *sheet) {
	for _, e := range s.list("mcp", "excluded") {
		for _, m := range c.moves {
			if name, _ := e.Value.(string); sameServer(name, m.From) {
				c.without(m, s, s.at(e.Pos), "mcp.excluded", "its tools are denied")
			}
		}
	}
	allowed, ok := s.value("mcp", "allowed")
	if !ok {
		return
	}
	all := s.list("mcp", "allowed")
	has := func(server string) bool {
		return slices.ContainsFunc(all, func(e configfile.Entry) bool { name, _ := e.Value.(string); return sameServer(name, server) })
	}
	moved := false
	for _, m := range c.moves {
		if has(m.From) {
			moved = true
		} else {
			c.without(m, s, s.at(allowed.Pos), "mcp.allowed", "it does not name the server, whose tools are not there")
		}
	}
	if !moved || has("loom") || !c.writable(s.Owner) {
		return
	}
	s.add([]string{"mcp", "allowed"}, list("loom"), Line{Key: "mcp.allowed", New: []string{"loom"}, Why: "otherwise Gemini CLI would not start Loom"})
	if ask := underscore.loom() + "*"; !slices.Contains(texts(s.list("tools", "confirmationRequired")), ask) {
		s.add([]string{"tools", "confirmationRequired"}, list(ask), Line{Key: "tools.confirmationRequired", New: []string{ask}, Why: "Gemini CLI calls the tools of servers in mcp.allowed unasked, and Loom has those of other servers too"})
	}
}

// sameServer compares names as Gemini CLI does.
func sameServer(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), b) }

// enablement is what `gemini mcp disable` writes.
func (c *mcpWork) enablement(s *sheet) {
	for _, e := range s.members() {
		o, _ := e.Value.(configfile.Object)
		if on, ok := o.Get("enabled"); !ok || on != false {
			continue
		}
		for _, m := range c.moves {
			if sameServer(e.Key, m.From) {
				c.offWhole(m.Move, s.at(e.Pos), "enabled")
			}
		}
	}
}

// forbidsGemini says why Gemini CLI, or Qwen Code, would not start Loom's entry.
func forbidsGemini(sheets []*sheet, _ []string) string {
	for _, s := range sheets {
		if s.Format != configfile.JSONC {
			continue
		}
		if filepath.Base(s.Path) == "mcp-server-enablement.json" {
			for _, e := range s.members() {
				if o, _ := e.Value.(configfile.Object); sameServer(e.Key, "loom") {
					if on, ok := o.Get("enabled"); ok && on == false {
						return fmt.Sprintf("%s: loom is disabled: gemini mcp enable loom", s.at(e.Pos))
					}
				}
			}
			continue
		}
		for _, e := range s.list("mcp", "excluded") {
			if name, _ := e.Value.(string); namesLoom(name) {
				return fmt.Sprintf("%s: mcp.excluded names loom", s.at(e.Pos))
			}
		}
		if allowed, ok := s.value("mcp", "allowed"); ok && !slices.ContainsFunc(texts(s.list("mcp", "allowed")), namesLoom) {
			return fmt.Sprintf("%s: mcp.allowed does not name loom", s.at(allowed.Pos))
		}
	}
	return ""
}

// namesLoom goes by name, or, in Qwen Code, by a glob.
func namesLoom(name string) bool { return sameServer(name, "loom") || covers(name, "loom") }
