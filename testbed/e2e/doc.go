// Package e2e runs the whole line against real upstreams: an MCP client, loom
// proxy, loomd, a server of ours as make build builds it, and the service that
// the server is for. A service that has no server yet is called with a client of
// its own, so that it is known to work.
//
// The services are those of [service.Bed]: started when a test needs them, shared
// by all. A test is named after its service, TestLoki or TestGiteaSomething, which
// is how make e2e RUN=loki finds it.
//
// It is run by make e2e and does nothing in go test without LOOM_E2E=1: a cold
// build takes minutes.
package e2e
