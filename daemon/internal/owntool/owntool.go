// Package owntool is what clients see of the tools that Loom answers itself,
// under the server id loom: their definitions, how their arguments are read, and
// what a search answers. It knows no session and no server; who may call what,
// and the calling, is up to the session.
package owntool

import "github.com/loom-core/loom/daemon/internal/catalog"

// Always are in every profile. Their definitions cost a model at most 400 tokens.
var Always = []catalog.Tool{Status, ReadResult}

// Search take the place of all other definitions in profiles with `tools:
// search`, beside [Always]. Calling is two tools, so that a user can approve
// reading without approving everything.
var Search = []catalog.Tool{SearchTools, CallReadTool, CallTool}

// The tools.
var (
	Status = catalog.Tool{Name: "status", Raw: []byte(`{"name":"status","title":"Loom status","description":"Which servers stand behind this connection, which of them run, and why one does not.","inputSchema":{"type":"object","properties":{}},"annotations":{"title":"Loom status","readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}`)}

	ReadResult = catalog.Tool{Name: "read_result", Raw: []byte(`{"name":"read_result","title":"Read a cut result","description":"The rest of a tool's result that was too long and was cut: the notice at its end has the arguments.","inputSchema":{"type":"object","properties":{"id":{"type":"string"},"offset":{"type":"integer","minimum":0,"default":0,"description":"byte to begin at"}},"required":["id"],"additionalProperties":false},"annotations":{"title":"Read a cut result","readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}`)}

	SearchTools = catalog.Tool{Name: "search_tools", Raw: []byte(`{"name":"search_tools","title":"Search tools","description":"Finds tools by what they do; most tools are not listed and have to be found here first. Returns name, description and input schema of each. Call one that only reads with loom__call_read_tool, any other with loom__call_tool.","inputSchema":{"type":"object","properties":{"query":{"type":"string","description":"a few words, or a tool's name; with server it may be left out, for all tools of that server"},"limit":{"type":"integer","minimum":1,"maximum":50,"default":8},"server":{"type":"string","description":"only tools of this server"}},"additionalProperties":false},"annotations":{"title":"Search tools","readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}`)}

	CallReadTool = catalog.Tool{Name: "call_read_tool", Raw: []byte(`{"name":"call_read_tool","title":"Call a tool that only reads","description":"Calls a tool that loom__search_tools found and that is read-only; refuses any other.","inputSchema":{"type":"object","properties":{"name":{"type":"string","description":"as found"},"arguments":{"type":"object","description":"as its inputSchema says"}},"required":["name"],"additionalProperties":false},"annotations":{"title":"Call a tool that only reads","readOnlyHint":true,"destructiveHint":false,"openWorldHint":true}}`)}

	CallTool = catalog.Tool{Name: "call_tool", Raw: []byte(`{"name":"call_tool","title":"Call a tool","description":"Calls any tool that loom__search_tools found, also one that changes or deletes something.","inputSchema":{"type":"object","properties":{"name":{"type":"string","description":"as found"},"arguments":{"type":"object","description":"as its inputSchema says"}},"required":["name"],"additionalProperties":false},"annotations":{"title":"Call a tool","readOnlyHint":false,"destructiveHint":true,"openWorldHint":true}}`)}
)
