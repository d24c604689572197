// Command mcp-k8s-ops lets a model act on Kubernetes clusters: apply, patch,
// delete, scale, restart, roll back, cordon, drain and the like. Looking around
// is mcp-k8s's, a server of its own, so that reading needs no right to write.
//
// What may destroy is planned first: the call returns what would happen and a
// token, and the same call with the token does it, if nothing has changed since.
package main

import (
	"os"

	"github.com/loom-core/loom/servers/kit"
)

func main() { os.Exit(kit.Main(program())) }
