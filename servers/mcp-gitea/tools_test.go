package main

import (
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
)

func TestTools(t *testing.T) {
	forgetest.Tools{Program: program, Tokens: 11_000}.Run(t)
}
