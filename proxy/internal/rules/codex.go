package rules

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// Codex 0.169 has its limits in the server's entry (seen with codex mcp get): which tools
// there are, and how each is approved: auto asks for those that do not say that they are
// harmless, prompt for all, writes for those that do not only read, approve for none. Its
// hooks (by its source) are Claude Code's, of a folder's hooks.json or in config.toml.
func codexLocations(f finder) []Location {
	home := cmp.Or(f.host.CodexHome, filepath.Join(f.host.Home, ".codex"))
	in := func(format configfile.Format, name string) Location {
		return Location{Path: filepath.Join(home, name), Format: format, Owner: User}
	}
	out := []Location{in(configfile.TOML, "config.toml"), in(configfile.JSONC, "hooks.json")}
	for _, name := range []string{"requirements.toml", "managed_config.toml", "config.toml"} {
		out = append(out, f.managed(configfile.TOML, "/etc/codex", "/etc/codex", name))
	}
	out = append(out, f.managed(configfile.JSONC, "/etc/codex", "/etc/codex", "hooks.json"))
	out = append(out, f.each(configfile.TOML, Project, ".codex", "config.toml")...)
	return append(out, f.each(configfile.JSONC, Project, ".codex", "hooks.json")...)
}

func carryCodex(w *work) {
	c := mcpWork{w, mcpMoves(underscores, w.Moves), codexMatchers}
	for _, m := range c.moves {
		c.codexEntry(m.Move)
	}
	for _, s := range w.sheets {
		if s.Format == configfile.TOML {
			c.codexConfig(s)
		} else {
			c.hooks(s)
		}
		if s.err != nil {
			c.unreadable(s)
		}
	}
}

// codexEntry carries over what the server's entry says.
func (c *mcpWork) codexEntry(m Move) {
	if tools, ok := stringsOf(m.Entry, "enabled_tools"); ok {
		c.only(m, Place{}, "enabled_tools", tools...)
	}
	if tools, _ := stringsOf(m.Entry, "disabled_tools"); c.Project && len(tools) > 0 {
		c.out.Entry = onto(c.out.Entry, configfile.Object{{Key: "disabled_tools", Value: list(m.names(tools)...)}})
	} else {
		c.deny(m, Place{}, "disabled_tools", tools...)
	}
	byDefault := cmp.Or(text(m.Entry, "default_tools_approval_mode"), "auto")
	value, _ := m.Entry.Get("tools")
	each, _ := value.(configfile.Object)
	tools := slices.Clone(m.Tools)
	for _, tool := range each {
		if !slices.Contains(tools, tool.Key) {
			tools = append(tools, tool.Key)
		}
	}
	for _, tool := range tools {
		value, _ := each.Get(tool)
		own, _ := value.(configfile.Object)
		switch mode := cmp.Or(text(own, "approval_mode"), byDefault); mode {
		case "auto": // as without a word
		case "approve":
			c.unasked(m, tool)
		default:
			c.out.Entry = onto(c.out.Entry, configfile.Object{{Key: "tools", Value: configfile.Object{
				{Key: m.Name(tool), Value: configfile.Object{{Key: "approval_mode", Value: mode}}},
			}}})
		}
	}
	if byDefault != "auto" && byDefault != "approve" {
		c.note(m, Place{}, "default_tools_approval_mode", fmt.Sprintf("%q is said for each tool that the server has now; Codex has no word for those that come later, and asks about the ones that do not say that they are harmless", byDefault))
	}
}

// codexConfig is a config.toml, and what may be in it beside the entry itself.
func (c *mcpWork) codexConfig(s *sheet) {
	own := s.Owner == User && !c.Project || s.Owner == Project && c.Project
	required := filepath.Base(s.Path) == "requirements.toml"
	if hooks, ok := s.value("hooks"); ok {
		for _, m := range c.moves {
			c.readHooks(m, s.at(hooks.Pos), hooks.Value)
		}
	}
	servers, limited := s.value("mcp_servers")
	named, _ := servers.Value.(configfile.Object)
	for _, m := range c.moves {
		value, ok := named.Get(m.From)
		o, _ := value.(configfile.Object)
		switch {
		case required && limited && !meets(o, m.argv(), m.url()):
			c.block(m.Move, s.at(servers.Pos), "mcp_servers", "this does not let the server run, and through Loom it would")
		case required, own, !ok:
		case c.Project:
			c.note(m.Move, s.at(servers.Pos), m.From, "there is a server of that name here too, whose limits the project's had")
		default:
			c.block(m.Move, s.at(servers.Pos), m.From, "this changes the server's entry, and would be half an entry without it: take it out")
		}
	}
}

// meets reports that a server is the one that a requirement names.
func meets(o configfile.Object, argv []string, url string) bool {
	value, _ := o.Get("identity")
	identity, _ := value.(configfile.Object)
	if url != "" {
		return text(identity, "url") == url
	}
	return len(argv) > 0 && text(identity, "command") == argv[0]
}

// forbidsCodex says why Codex would not start Loom's entry: requirements name all
// servers that it may have, each with its command.
func forbidsCodex(sheets []*sheet, argv []string) string {
	for _, s := range sheets {
		if filepath.Base(s.Path) != "requirements.toml" || s.Owner != Managed {
			continue
		}
		servers, ok := s.value("mcp_servers")
		named, _ := servers.Value.(configfile.Object)
		value, _ := named.Get("loom")
		if o, _ := value.(configfile.Object); ok && !meets(o, argv, "") {
			return fmt.Sprintf("%s: mcp_servers names the servers that Codex may have, and loom with its command is not one of them", s.at(servers.Pos))
		}
	}
	return ""
}
