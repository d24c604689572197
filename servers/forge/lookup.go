package forge

import (
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// namesShown is how many names a hint has.
const namesShown = 30

// Lookup is where name is in known, as it is written or else whatever its case is.
// What is a label, a milestone or the like, for the error of a name that is none.
func Lookup(what, name string, known []string) (int, error) {
	i := slices.Index(known, name)
	if i < 0 {
		i = slices.IndexFunc(known, func(s string) bool { return strings.EqualFold(s, name) })
	}
	if i < 0 {
		return 0, unknownName(what, name, known)
	}
	return i, nil
}

// unknownName says of a label, a milestone or the like that is not there what
// was meant, or what is there.
func unknownName(what, name string, known []string) error {
	e := kit.Errorf(kit.InvalidArgument, "there is no %s %q", what, name)
	if near := kit.Nearest(name, known); near != "" {
		return e.WithHint("did you mean %q?", near)
	}
	if len(known) == 0 {
		return e.WithHint("there is none here")
	}
	return e.WithHint("there are: %s", strings.Join(known[:min(len(known), namesShown)], ", "))
}
