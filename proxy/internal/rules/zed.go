package rules

import (
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What Zed documents, all of it in the file that has the servers, too: how a tool is
// approved is under its key mcp:SERVER:TOOL, and a profile has, for each server, which of
// its tools there are.
func zedLocations(f finder) []Location {
	return append([]Location{f.config(configfile.JSONC, "zed", "settings.json")}, f.each(configfile.JSONC, Project, ".zed", "settings.json")...)
}

func carryZed(w *work) {
	carryEntry(w)
	for _, s := range w.sheets {
		w.zedPermissions(s)
		for _, profile := range s.members("agent", "profiles") {
			w.zedProfile(s, profile.Key)
		}
		if s.err != nil {
			w.unreadable(s)
		}
	}
}

func (w *work) zedPermissions(s *sheet) {
	path := []string{"agent", "tool_permissions", "tools"}
	for _, e := range s.members(path...) {
		for _, m := range w.Moves {
			if tool, ok := strings.CutPrefix(e.Key, "mcp:"+m.From+":"); ok {
				w.zedSame(s, m, path, e, "mcp:loom:"+m.Name(tool))
				if o, _ := e.Value.(configfile.Object); len(o) == 1 && text(o, "default") == "allow" && s.Owner == User && !w.Project {
					s.edits = append(s.edits, configfile.Edit{Path: append(slices.Clone(path), e.Key), Remove: true})
					s.lines[len(s.lines)-1].Kept = false
				}
			}
		}
	}
}

// zedProfile has a server's tools among those of Loom's, too. What is true only shows a
// tool: whether it runs is for the permissions.
func (w *work) zedProfile(s *sheet, profile string) {
	path := []string{"agent", "profiles", profile, "context_servers"}
	for _, m := range w.Moves {
		for _, e := range s.members(append(path, m.From, "tools")...) {
			w.zedSame(s, m, append(path, "loom", "tools"), e, m.Name(e.Key))
		}
	}
}

func (w *work) zedSame(s *sheet, m Move, path []string, e configfile.Entry, name string) {
	if w.writable(s.Owner) {
		s.same(path, e, []string{name}, Line{Key: strings.Join(path, ".")})
		return
	}
	for _, there := range s.members(path...) {
		if there.Key == name {
			return
		}
	}
	w.block(m, s.at(e.Pos), e.Key, whose(s.Owner)+"in Loom this would not count any more: say the same of "+quoted([]string{name}))
}
