package remote

import (
	"testing"

	"github.com/loom-core/loom/core/depstest"
)

func TestDependencies(t *testing.T) {
	const because = "a bridge is two pipes to those who use it, and they are nothing to it"
	depstest.Forbid(t, "github.com/loom-core/loom/daemon/internal/child", because)
	depstest.Forbid(t, "github.com/loom-core/loom/registry", because)
	depstest.Forbid(t, "os/exec", "it starts nothing")
}
