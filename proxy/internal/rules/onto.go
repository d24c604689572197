package rules

import (
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// Onto is Loom's entry with further keys, as in [Plan].Entry: objects are joined, and
// lists.
func Onto(entry, more configfile.Object) configfile.Object {
	joined, _ := join(entry, more).(configfile.Object)
	return joined
}

// Own are the limits in Loom's entry as it stands in a client's file. Whoever writes the
// entry anew puts them [Onto] it: they are the user's, or came with a server. What runs
// unasked is none, the registry says that.
func Own(id string, entry configfile.Object) configfile.Object {
	if id != "codex" {
		return nil
	}
	var own configfile.Object
	for _, m := range entry {
		switch m.Key {
		case "enabled_tools", "disabled_tools":
			own = append(own, m)
		case "default_tools_approval_mode":
			if m.Value != "approve" {
				own = append(own, m)
			}
		case "tools":
			tools, _ := m.Value.(configfile.Object)
			tools = slices.DeleteFunc(slices.Clone(tools), func(t configfile.Member) bool {
				o, _ := t.Value.(configfile.Object)
				return text(o, "approval_mode") == "approve"
			})
			if len(tools) > 0 {
				own = append(own, configfile.Member{Key: m.Key, Value: tools})
			}
		}
	}
	return own
}

func join(base, more any) any {
	switch more := more.(type) {
	case configfile.Object:
		o, _ := base.(configfile.Object)
		o = slices.Clone(o)
		for _, m := range more {
			was, _ := o.Get(m.Key)
			o = with(o, m.Key, join(was, m.Value))
		}
		return o
	case []any:
		all, _ := base.([]any)
		all = slices.Clone(all)
		for _, v := range more {
			if !slices.ContainsFunc(all, func(o any) bool { return equal(o, v) }) {
				all = append(all, v)
			}
		}
		return all
	}
	return more
}
