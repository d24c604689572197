package rules

import (
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What stands in a server's own entry goes with it. What it keeps from the client, the
// registry keeps from it then: loomd hides and refuses it, whatever the client does.

const noClient = "a project's entry of Loom names no client, so the registry cannot keep tools from this one"

// deny keeps tools from the client, by the server's own names.
func (w *work) deny(m Move, at Place, rule string, tools ...string) {
	if len(tools) == 0 {
		return
	}
	if w.Project {
		w.block(m, at, rule, noClient)
		return
	}
	w.out.Limits = append(w.out.Limits, Limit{Server: m.Server, Deny: m.names(tools), From: at, Rule: rule})
}

// only leaves no tools to the client but these.
func (w *work) only(m Move, at Place, rule string, tools ...string) {
	if w.Project {
		w.block(m, at, rule, noClient)
		return
	}
	w.out.Limits = append(w.out.Limits, Limit{Server: m.Server, Only: m.names(tools), From: at, Rule: rule})
}

// off keeps all tools of a server from the client.
func (w *work) offWhole(m Move, at Place, rule string) {
	if w.Project {
		w.block(m, at, rule, noClient)
		return
	}
	w.out.Limits = append(w.out.Limits, Limit{Server: m.Server, Deny: []string{m.Server + "__*"}, From: at, Rule: rule})
}

// unasked notes tools that the client calls without asking.
func (w *work) unasked(m Move, tools ...string) {
	for _, name := range m.names(tools) {
		if !slices.Contains(w.out.Allowed, name) {
			w.out.Allowed = append(w.out.Allowed, name)
		}
	}
}

// names are what clients see of tools.
func (m Move) names(tools []string) []string {
	out := []string{}
	for _, tool := range tools {
		out = append(out, m.Name(tool))
	}
	return out
}

// Onto is Loom's entry with the further keys of a plan: objects are joined, and lists.
func (p Plan) Onto(entry configfile.Object) configfile.Object {
	joined, _ := join(entry, p.Entry).(configfile.Object)
	return joined
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
