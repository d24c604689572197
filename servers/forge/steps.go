package forge

import (
	"maps"
	"slices"
	"strings"
)

// Steps are the requests of one call that change something, one after another: what one
// of them did stays when the next one fails, and whoever called has to know. They are
// named by the arguments of the tool.
type Steps struct{ done []string }

// Done notes what the last request changed.
func (s *Steps) Done(what ...string) { s.done = append(s.done, what...) }

// Failed is the error of a request after those, nil if there is none.
func (s *Steps) Failed(err error) error {
	if err == nil || s.done == nil {
		return err
	}
	return Half(err, "changed: %s", strings.Join(s.done, ", "))
}

// Given are the names of arguments that were given, sorted.
func Given(arguments map[string]bool) []string {
	maps.DeleteFunc(arguments, func(_ string, given bool) bool { return !given })
	return slices.Sorted(maps.Keys(arguments))
}
