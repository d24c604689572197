package rules

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What Cursor documents: its CLI has permissions of the form Mcp(SERVER:TOOL), in which
// both are globs and what denies beats what allows; the editor has a list SERVER:TOOL of
// what it calls unasked, and hooks whose matcher is an expression over MCP:TOOL.
func cursorLocations(f finder) []Location {
	out := []Location{
		f.home(configfile.JSONC, ".cursor", "cli-config.json"),
		f.config(configfile.JSONC, "cursor", "cli-config.json"),
		f.home(configfile.JSONC, ".cursor", "permissions.json"),
		f.home(configfile.JSONC, ".cursor", "hooks.json"),
	}
	for _, name := range []string{"cli.json", "permissions.json", "hooks.json"} {
		out = append(out, f.each(configfile.JSONC, Project, ".cursor", name)...)
	}
	return out
}

func carryCursor(w *work) {
	carryEntry(w)
	for _, s := range w.sheets {
		switch filepath.Base(s.Path) {
		case "permissions.json":
			w.cursorList(s, "allow", "", "", "mcpAllowlist")
		case "hooks.json":
			w.cursorHooks(s)
		default:
			w.cursorList(s, "deny", "Mcp(", ")", "permissions", "deny")
			w.cursorList(s, "allow", "Mcp(", ")", "permissions", "allow")
		}
		if s.err != nil {
			w.unreadable(s)
		}
	}
}

// cursorList carries over a list of SERVER:TOOL, with something before and behind.
func (w *work) cursorList(s *sheet, kind, before, behind string, path ...string) {
	all := s.list(path...)
	there := texts(all)
	for i, e := range all {
		rule, _ := e.Value.(string)
		body, ok := strings.CutPrefix(strings.TrimSuffix(rule, behind), before)
		server, tool, pair := strings.Cut(body, ":")
		if !pair {
			server, tool, pair = strings.Cut(body, ",")
			tool = strings.TrimSpace(tool)
		}
		if !ok || !pair {
			continue
		}
		kept := kind == "deny" || server != plainServer(server) || s.Owner == Project || w.Project
		var add []string
		about := false
		for _, m := range w.Moves {
			if !covers(server, m.From) {
				continue
			}
			about = true
			var missing []string
			for _, name := range m.exposed(tool) {
				if covers(server, "loom") && covers(tool, name) {
					continue
				}
				missing = append(missing, before+"loom:"+name+behind)
			}
			missing = absent(missing, there)
			switch {
			case w.writable(s.Owner):
				add, there = append(add, missing...), append(there, missing...)
			case len(missing) == 0:
			case kind == "deny":
				w.block(m, s.at(e.Pos), rule, whose(s.Owner)+"in Loom the rule would not deny any more: put "+quoted(missing)+" beside it")
			default:
				w.note(m, s.at(e.Pos), rule, "Cursor will ask again: "+whose(s.Owner)+"it would have to say "+quoted(missing))
			}
		}
		line := Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: add, Kept: kept}
		switch {
		case !about || !w.writable(s.Owner):
		case !kept:
			s.replace(path, i, list(add...), line)
		case len(add) > 0:
			s.replace(path, i, append(list(rule), list(add...)...), line)
		}
	}
}

// plainServer is a glob without what makes it one.
func plainServer(glob string) string { return strings.ReplaceAll(glob, "*", "") }

// exposed are the names in Loom for a tool, or for a glob of tools: the glob itself, and
// those that the server has now, should the client not take the glob.
func (m Move) exposed(tool string) []string {
	if !strings.Contains(tool, "*") {
		return []string{m.Name(tool)}
	}
	out := []string{m.Server + "__" + tool}
	for _, t := range m.Tools {
		if covers(tool, t) {
			out = append(out, m.Name(t))
		}
	}
	return out
}

// cursorHooks blocks a server for whose tools alone a hook runs.
func (w *work) cursorHooks(s *sheet) {
	for _, event := range s.members("hooks") {
		for _, hook := range s.list("hooks", event.Key) {
			o, _ := hook.Value.(configfile.Object)
			matcher := text(o, "matcher")
			if matcher == "" || matcher == "*" {
				continue
			}
			is, err := parseJS(matcher)
			for _, m := range w.Moves {
				for _, tool := range append([]string{probes[0]}, m.Tools...) {
					if err == nil && (!is.match("MCP:"+tool) || is.match("MCP:"+m.Name(tool))) {
						continue
					}
					w.block(m, s.at(hook.Pos), matcher, fmt.Sprintf("in Loom this hook would not run any more: write a matcher that matches MCP:%s too", m.Name(tool)))
					break
				}
			}
		}
	}
}
