package rules

import "slices"

// What stands in a server's own entry goes with it. What it keeps from the client, the
// registry keeps from it then: loomd hides and refuses it, whatever the client does.

const noClient = "a project's entry of Loom names no client, so the registry cannot keep tools from this one"

// deny keeps tools from the client, by the server's own names.
func (w *work) deny(m Move, at Place, rule string, tools ...string) {
	if len(tools) > 0 {
		w.limit(m, Limit{Deny: m.names(tools), From: at, Rule: rule})
	}
}

// only leaves no tools to the client but these.
func (w *work) only(m Move, at Place, rule string, tools ...string) {
	w.limit(m, Limit{Only: m.names(tools), From: at, Rule: rule})
}

// offWhole keeps all tools of a server from the client.
func (w *work) offWhole(m Move, at Place, rule string) {
	w.limit(m, Limit{Deny: []string{m.Server + "__*"}, From: at, Rule: rule})
}

func (w *work) limit(m Move, l Limit) {
	if w.Project {
		w.block(m, l.From, l.Rule, noClient)
		return
	}
	l.Server = m.Server
	w.out.Limits = append(w.out.Limits, l)
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
