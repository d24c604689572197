package prelude

import (
	"testing"

	"github.com/loom-core/loom/core/depstest"
)

func TestDependencies(t *testing.T) {
	const because = "then it may be initialised after the library that dials the bus"
	for _, path := range []string{"net", "os/exec", "golang.org", "github.com/loom-core/loom/core", "github.com/godbus/dbus"} {
		depstest.Forbid(t, path, because)
	}
}
