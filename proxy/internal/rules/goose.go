package rules

import (
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What Goose documents: available_tools of an entry is a list of those that there are, and
// permission.yaml has lists of EXTENSION__TOOL. Lists in YAML are not rewritten.
func gooseLocations(f finder) []Location {
	return []Location{f.config(configfile.YAML, "goose", "permission.yaml")}
}

func carryGoose(w *work) {
	carryEntry(w)
	for _, s := range w.sheets {
		user, _ := s.value("user")
		o, _ := user.Value.(configfile.Object)
		for _, m := range mcpMoves(spelling{"", "__"}, w.Moves) {
			for _, list := range o {
				named := names(list.Value)
				for _, rule := range named {
					tool, ok := strings.CutPrefix(rule, m.old)
					tools := m.rules(tool)
					if !ok || tool == "" || len(absent(tools, named)) == 0 {
						continue
					}
					switch list.Key {
					case "never_allow":
						w.deny(m.Move, s.at(user.Pos), rule, tool)
					case "ask_before":
						w.block(m.Move, s.at(user.Pos), rule, "in Loom it would not ask any more: put "+quoted(tools)+" beside it")
					case "always_allow":
						w.note(m.Move, s.at(user.Pos), rule, "Goose will ask again: it would have to say "+quoted(tools))
					}
				}
			}
		}
		if s.err != nil {
			w.unreadable(s)
		}
	}
}
