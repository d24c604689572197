// Command loom-keyring does one operation on the keyring of the system: loom
// and loomd run it for each. It is the only program that links the library that
// speaks to keyrings.
package main

import (
	"os"

	"github.com/loom-core/loom/daemon/internal/keyring"
)

func main() { os.Exit(keyring.Main(os.Args[1:])) }
