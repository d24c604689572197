// Command loomd is Loom's daemon: one per user, it owns the MCP servers, their
// processes and who may call them. The loom command starts it.
package main

import (
	"os"

	"github.com/loom-core/loom/daemon/loomd"
)

func main() { os.Exit(loomd.Main(os.Args[1:])) }
