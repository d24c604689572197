package registry

import (
	"slices"
	"strings"
)

// Reaches reports whether any tool of s could get through the profile's lists,
// whatever its name. What a tool says of itself does not count: one that only
// reads gets through a profile that is read-only, and nobody knows here if s has
// one.
func (p Profile) Reaches(s Server) bool {
	prefix := string(s.Name) + separator
	for _, list := range p.Allow {
		if !slices.ContainsFunc(list, func(glob string) bool { return len(rests(glob, prefix)) > 0 }) {
			return false
		}
	}
	return !slices.ContainsFunc(p.Deny, func(glob string) bool { return matchesAll(glob, prefix) })
}

// Narrows reports whether the policy takes something away from what s offers. Only
// loomd sees to that: s by itself would offer all. p may be nil.
func (p *Policy) Narrows(s Server) bool {
	if p == nil {
		return false
	}
	prefix := string(s.Name) + separator
	for _, list := range p.Allow {
		if !slices.ContainsFunc(list, func(glob string) bool { return matchesAll(glob, prefix) }) {
			return true
		}
	}
	return p.ReadOnly || p.Enforce || slices.ContainsFunc(p.Deny, func(glob string) bool { return len(rests(glob, prefix)) > 0 })
}

// matchesAll reports whether a pattern matches every name that begins with prefix.
func matchesAll(pattern, prefix string) bool {
	return slices.ContainsFunc(rests(pattern, prefix), func(rest string) bool { return rest != "" && strings.Trim(rest, "*") == "" })
}

// rests are what is left of a pattern behind each way in which it matches a
// beginning of a name. Each of them matches some end.
func rests(pattern, prefix string) []string {
	at := []int{0} // places in the pattern, in order
	skip := func(at []int) []int {
		var all []int
		for _, p := range at {
			for all = append(all, p); p < len(pattern) && pattern[p] == '*'; {
				p++
				all = append(all, p)
			}
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	for _, c := range []byte(prefix) {
		var next []int
		for _, p := range skip(at) {
			switch {
			case p == len(pattern):
			case pattern[p] == '*':
				next = append(next, p)
			case pattern[p] == '?' || pattern[p] == c:
				next = append(next, p+1)
			}
		}
		at = next
	}
	var out []string
	for _, p := range skip(at) {
		out = append(out, pattern[p:])
	}
	return out
}
