package registry

import (
	"fmt"
	"strings"
)

// matchGlob matches a whole name. * stands for any text and ? for one byte;
// path.Match is not used because its * stops at a slash, which names of tools
// may hold, so that "*delete*" would let some of them through.
func matchGlob(pattern, name string) bool {
	star, mark := -1, 0 // the last *, and where in name it stopped
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// checkGlob refuses what another glob language would take for more than itself:
// a deny rule that silently matches nothing allows everything.
func checkGlob(pattern string) error {
	if pattern == "" {
		return fmt.Errorf("an empty pattern matches nothing")
	}
	for _, c := range pattern {
		if c <= ' ' || c == 0x7f || strings.ContainsRune(`[]{}()\!^|,;"'`, c) {
			return fmt.Errorf("invalid pattern %q: %q cannot be part of a name, and only * and ? are special", pattern, c)
		}
	}
	return nil
}

func isGlob(pattern string) bool { return strings.ContainsAny(pattern, "*?") }
