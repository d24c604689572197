package rules

import "slices"

// anyByte stands in a glob for one character, whichever it is.
const anyByte = '\x01'

// residues are what is left of a glob, whose only special character is *, when a text
// was read: a name that begins with the text matches the glob if its rest matches one
// of them. What another of them matches as well is left out.
func residues(glob, text string) []string {
	at := closure(glob, map[int]bool{0: true})
	for i := range len(text) {
		next := map[int]bool{}
		for p := range at {
			switch {
			case p < len(glob) && glob[p] == '*':
				next[p] = true
			case p < len(glob) && (glob[p] == text[i] || glob[p] == anyByte):
				next[p+1] = true
			}
		}
		at = closure(glob, next)
	}
	var out []string
	for p := range len(glob) + 1 {
		if at[p] {
			out = append(out, glob[p:])
		}
	}
	all := slices.Clone(out)
	return slices.DeleteFunc(out, func(rest string) bool {
		return slices.ContainsFunc(all, func(other string) bool { return other != rest && covers(other, rest) })
	})
}

// closure adds the places behind stars, which may stand for nothing.
func closure(glob string, at map[int]bool) map[int]bool {
	for p := range len(glob) {
		if at[p] && glob[p] == '*' {
			at[p+1] = true
		}
	}
	return at
}

// covers reports that a glob matches everything that another glob, or a name, matches.
// It may say no where the truth is yes, never the other way.
func covers(glob, other string) bool {
	at := closure(glob, map[int]bool{0: true})
	for i := range len(other) {
		next := map[int]bool{}
		for p := range at {
			switch {
			case p < len(glob) && glob[p] == '*':
				next[p] = true
			case p < len(glob) && other[i] != '*' && (glob[p] == other[i] || glob[p] == anyByte):
				next[p+1] = true
			}
		}
		at = closure(glob, next)
	}
	return at[len(glob)]
}
