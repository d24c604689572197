package forge

import (
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// namesShown is how many names a hint has.
const namesShown = 30

// UnknownName says of a label, a milestone or the like that is not there what
// was meant, or what is there.
func UnknownName(what, name string, known []string) error {
	e := kit.Errorf(kit.InvalidArgument, "there is no %s %q", what, name)
	if near := kit.Nearest(name, known); near != "" {
		return e.WithHint("did you mean %q?", near)
	}
	if len(known) == 0 {
		return e.WithHint("there is none here")
	}
	return e.WithHint("there are: %s", strings.Join(known[:min(len(known), namesShown)], ", "))
}
