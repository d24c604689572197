// Command mcp-git is an MCP server that reads local git repositories: history,
// differences, blame, status, files and text. It changes nothing, and nothing
// that a repository configures runs (package internal/repo says how).
//
// It reads the repositories in the client's roots, those in the folders given
// with --allow, and for a client without roots those in its working directory.
package main

import (
	"os"

	"github.com/loom-core/loom/servers/kit"
)

func main() { os.Exit(kit.Main(program())) }
