// Package conformance holds Loom against the suite with which the protocol's
// own authors test MCP servers, and against their reference servers.
//
// Each suite runs twice: straight to a server, and to the same server through
// loom proxy and loomd. Loom changes nothing only if every check ends the same
// way in both. make conformance installs the suites from npm, as testbed/clients
// pins them, and runs the tests; without LOOM_CONFORMANCE they are skipped.
// The suites speak HTTP alone, so package bridge stands before both; what they
// expect a server to have is in package fixture.
package conformance
