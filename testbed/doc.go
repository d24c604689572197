// Package testbed runs the whole of Loom for tests: real loom and loomd
// processes, in a home directory and with a socket of their own, servers that
// behave badly on purpose, and a client that says exactly what a test wants.
//
// A [World] is one such sandbox, a [Client] one MCP client in it. Nothing is
// faked between the client's pipe and the server's: the promises of
// docs/ARCHITECTURE.md are tested where users meet them. When a World ends, no
// process of it may be alive; a test that leaves one behind fails.
//
// It is imported by the tests beside it, by testbed/e2e and by testbed/cmd/demo.
// It may import everything, and nothing of the product imports it.
package testbed
