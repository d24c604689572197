// Package clients holds tests that run MCP clients and servers which nobody
// here wrote against the real loom and loomd: what they make of Loom is the
// only proof that it is an MCP server to them. make clients installs them from
// npm as package-lock.json pins them (npm run lock writes it anew) and runs
// the tests; without LOOM_CLIENTS the tests are skipped, since they need npm.
package clients
