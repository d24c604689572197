package loomd

import (
	"testing"

	"github.com/loom-core/loom/core/depstest"
)

func TestDependencies(t *testing.T) {
	const because = "it dials the session bus when it is linked, and never sees one that came later; loomd runs loom-keyring instead"
	depstest.Forbid(t, "github.com/99designs/keyring", because)
	depstest.Forbid(t, "github.com/godbus/dbus", because)
}
