package fault

import (
	"fmt"
	"path"
	"strings"
)

// Match says which requests a rule is for. One that counts ([First], [Nth],
// [From], [Every]) belongs to one rule, and counts the requests that get as far
// as that rule.
type Match func(Request) bool

// Any matches every request.
func Any(Request) bool { return true }

// Path matches the path as it came, escapes and all; a * stands for anything
// but a slash.
func Path(pattern string) Match {
	if _, err := path.Match(pattern, ""); err != nil {
		panic(fmt.Sprintf("fault.Path(%q): %v", pattern, err))
	}
	return func(r Request) bool {
		ok, _ := path.Match(pattern, r.Path) // the pattern is good
		return ok
	}
}

// Under matches paths with that beginning.
func Under(prefix string) Match {
	return func(r Request) bool { return strings.HasPrefix(r.Path, prefix) }
}

// Method matches one of these methods.
func Method(names ...string) Match {
	return func(r Request) bool {
		for _, name := range names {
			if r.Method == name {
				return true
			}
		}
		return false
	}
}

// All matches what all of them match. It asks them in order, up to the first
// that does not.
func All(matches ...Match) Match {
	return func(r Request) bool {
		for _, m := range matches {
			if !m(r) {
				return false
			}
		}
		return true
	}
}

// Not matches what m does not.
func Not(m Match) Match {
	return func(r Request) bool { return !m(r) }
}

// First matches the first n that m matches.
func First(n int, m Match) Match { return counted(m, func(i int) bool { return i <= n }) }

// Nth matches the n-th that m matches, from 1.
func Nth(n int, m Match) Match { return counted(m, func(i int) bool { return i == n }) }

// From matches the n-th that m matches, and all after it.
func From(n int, m Match) Match { return counted(m, func(i int) bool { return i >= n }) }

// Every matches each k-th that m matches.
func Every(k int, m Match) Match { return counted(m, func(i int) bool { return i%k == 0 }) }

// counted is called under the lock of its Front.
func counted(m Match, is func(i int) bool) Match {
	seen := 0
	return func(r Request) bool {
		if !m(r) {
			return false
		}
		seen++
		return is(seen)
	}
}
