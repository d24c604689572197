package registry

import "slices"

// ToolHint is what is known of a tool beside its name.
type ToolHint struct {
	ReadOnly bool // the server says so: annotations.readOnlyHint of its definition is true
	Trusted  bool // the definition is the one that was approved, so what it says was read by a person
}

// AllowsTool reports whether the profile lets a tool of s through, by the
// server's own name for it. It is for tools/list and tools/call alike: what is
// hidden is also refused. Whether the profile chooses s, and whether s has the
// tool turned on, are other questions; see [Profile.Allows] and
// [Server.ToolEnabled].
//
// In a read-only profile a tool passes if read_only_tools names it, or if its
// server says that it only reads and is to be believed: it is shipped, or the
// definition is trusted. In a strict one neither the user's own entries nor what
// the user approved count.
func (p Profile) AllowsTool(s Server, tool string, hint ToolHint) bool {
	name := string(s.Name) + separator + tool
	matches := func(glob string) bool { return matchGlob(glob, name) }
	for _, list := range p.Allow {
		if !slices.ContainsFunc(list, matches) {
			return false
		}
	}
	if slices.ContainsFunc(p.Deny, matches) {
		return false
	}
	return !p.ReadOnly || s.onlyReads(tool, hint, p.Strict)
}

// onlyReads takes the word of nobody but the machine's own layer and Loom if it
// is to be strict: the user is who must not get around it.
func (s Server) onlyReads(tool string, hint ToolHint, strict bool) bool {
	if hint.ReadOnly && (s.From == "shipped" && !(strict && s.OwnCommand) || hint.Trusted && !strict) {
		return true
	}
	matches := func(glob string) bool { return matchGlob(glob, tool) }
	return slices.ContainsFunc(s.ReadOnlyTools, matches) && (!strict || slices.ContainsFunc(s.Vouched, matches))
}

// ResultLimits are the bounds of a tool's results in bytes: of the text, and of
// what is never cut. 0 means that there is no bound. They are the server's,
// unless a rule says otherwise; the last one that matches and says so counts,
// for each of the two alone.
func (s Server) ResultLimits(tool string) (text, structured int64) {
	text, structured = s.MaxResult, s.MaxStructured
	for _, rule := range s.Tools {
		if !matchGlob(rule.Pattern, tool) {
			continue
		}
		text = value(rule.MaxResult, text)
		structured = value(rule.MaxStructured, structured)
	}
	return text, structured
}
