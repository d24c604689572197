package repo_test

import (
	"testing"

	"github.com/loom-core/loom/core/depstest"
)

func TestKnowsNoMCP(t *testing.T) {
	because := "what git is asked is decided without a tool in sight, so that it can be read as one piece"
	depstest.Forbid(t, "github.com/mark3labs/mcp-go", because)
	depstest.Forbid(t, "github.com/loom-core/loom/servers/kit", because)
}
