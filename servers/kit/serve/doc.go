// Package serve runs an mcp-go server over one connection: newline-delimited
// JSON-RPC on a reader and a writer.
//
// It stands in for mcp-go's own stdio transport, of which one process can have
// only one, which sends progress after the response it belongs to, drops
// notifications in a burst, answers cancelled requests and runs calls on the
// loop that reads. Here each connection has its own session, one goroutine
// writes, and the loop that reads never waits for a tool.
//
// What a message means is left to mcp-go's HandleMessage, for both protocol
// eras. Every mcp-* server of Loom imports this package, through kit.Main.
package serve
