// Package bridge lets a suite that speaks only Streamable HTTP test an MCP
// server that speaks only stdio.
//
// It is a transport and no more: a message leaves it as it came in, but for the
// ids of a client's requests, which are made unique on the pipe and put back in
// the answers. In the initialize era every session has a child process of its
// own. From 2026-07-28 on there are no sessions, and one child serves all.
//
// stdio does not say to which request a log message or a question of the server
// belongs. The bridge takes the progress token or the subscription's id where
// there is one, else the one request that is in flight; what is left goes out
// on the session's GET stream. It is for tests: there are no resumable streams
// and no authentication. It is imported by the tests of testbed/conformance.
package bridge
