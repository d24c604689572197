// Package e2e runs the whole line against real upstreams: an MCP client, loom
// proxy, loomd, a server of ours as make build builds it, and the service that
// the server is for.
//
// The services are those of testbed/services, built from their Go modules once
// and kept in a cache, and started as child processes on loopback. Nothing is
// fetched at run time but Go modules.
//
// It is run by make e2e and does nothing in go test without LOOM_E2E=1: a cold
// build takes minutes.
package e2e
