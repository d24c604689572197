package rules

import (
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// limitKeys are keys of an entry by which clients keep tools away, and allowKeys those
// of what they call unasked. In both * is all tools.
var (
	limitKeys = []string{"disabledTools", "excludeTools"}
	onlyKeys  = []string{"includeTools", "enabledTools", "available_tools"}
	allowKeys = []string{"alwaysAllow", "autoApprove"}
)

// carryEntry carries over what a server's entry says, for clients that have no rules
// elsewhere.
func carryEntry(w *work) {
	for _, m := range w.Moves {
		w.entry(m)
	}
}

// carryCopilot is for the Copilot CLI 1.0.102 (seen): tools of an entry is a list of
// those that there are. What else it has to allow and deny are options of its command.
func carryCopilot(w *work) {
	for _, m := range w.Moves {
		if tools, ok := stringsOf(m.Entry, "tools"); ok && !slices.Contains(tools, "*") {
			w.only(m, Place{}, "tools", tools...)
		}
		w.entry(m)
	}
}

func (w *work) entry(m Move) {
	for _, key := range limitKeys {
		tools, _ := stringsOf(m.Entry, key)
		if slices.Contains(tools, "*") {
			w.offWhole(m, Place{}, key)
		} else {
			w.deny(m, Place{}, key, tools...)
		}
	}
	for _, key := range onlyKeys {
		// An empty list is all tools to some and none to others.
		if tools, _ := stringsOf(m.Entry, key); len(tools) > 0 && !slices.Contains(tools, "*") {
			w.only(m, Place{}, key, tools...)
		}
	}
	for _, key := range allowKeys {
		tools, _ := stringsOf(m.Entry, key)
		if slices.Contains(tools, "*") {
			tools = m.Tools
			w.note(m, Place{}, key, "* is said for each tool that the server has now, and not for those that come later")
		}
		w.unasked(m, tools...)
	}
}

// same puts what a mapping says of one name under others, too.
func (s *sheet) same(path []string, e configfile.Entry, names []string, line Line) {
	o := s.members(path...)
	for _, name := range names {
		if slices.ContainsFunc(o, func(there configfile.Entry) bool { return there.Key == name }) {
			continue
		}
		s.edits = append(s.edits, configfile.Edit{Path: append(slices.Clone(path), name), Value: e.Value})
		line.New = append(line.New, name)
	}
	if line.New != nil {
		line.Pos, line.Old, line.Kept = e.Pos, e.Key, true
		s.lines = append(s.lines, line)
	}
}
