// Package jsonrpc reads and writes newline-delimited JSON-RPC 2.0 frames, the
// framing of MCP's stdio transport and of loomd's socket.
//
// It never decodes what it carries. [Scan] checks that a frame is JSON and
// says where the members of the envelope lie; [Find] does the same inside a
// member; [Splice] puts other bytes in place of some spans. Everything between
// the spans leaves as it came, so unknown fields, the order of members and
// numbers beyond 2^53 survive, which no decode and encode round trip promises.
//
// It is not an RPC framework: who owns which id, and what is in flight, is
// decided by the packages that import it (every process of Loom does).
package jsonrpc
