package main

import (
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
)

func TestTools(t *testing.T) {
	forgetest.Tools{Program: program, Tokens: 11_500, Extras: []string{"get_blame", "check_ci_config", "query_graphql"}}.Run(t)
}
