// Command loom is Loom in the terminal, and with `loom proxy` the one MCP
// server that clients have in their configs.
package main

import (
	"os"

	"github.com/loom-core/loom/proxy/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
