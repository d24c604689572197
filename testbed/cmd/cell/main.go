// Command cell runs the programs that testbed/cell tells it to.
package main

import (
	"os"

	"github.com/loom-core/loom/testbed/cell"
)

func main() { os.Exit(cell.Main()) }
