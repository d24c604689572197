// Package kit is what every mcp-* server of Loom shares: how a tool is
// declared, how its arguments are read, and what its answers look like.
//
// A server file declares a tool with [NewTool]: a [Def], a struct of
// arguments with tags, and a handler that returns a [Result] ([Record],
// [Records] or [Payload]) or an error ([Errorf]). The kit makes the schema,
// coerces and checks the arguments, pages, caps and cleans the answer and
// sets the deadline. [Main] is the whole main function of a server.
//
// It is not an MCP library: schema and session types are mcp-go's, the loop
// that serves them is in kit/serve, the tests every server runs in kit/kittest.
package kit
