// Package mcp names what the Model Context Protocol calls its methods, keys
// and versions, for the processes that pass messages through without decoding
// them. It is not an SDK: our servers use mcp-go.
package mcp

import (
	"encoding/json"
	"slices"
)

// Protocol revisions. Loom speaks the legacy era (a session opened with
// initialize) up to [LatestLegacy], and to servers also the modern era, which
// has neither session nor initialize.
const (
	LatestLegacy = "2025-11-25"
	Modern       = "2026-07-28"
)

// LegacyVersions are the revisions that a client may ask for in initialize,
// newest first.
var LegacyVersions = []string{LatestLegacy, "2025-06-18", "2025-03-26", "2024-11-05"}

// Methods and notifications.
const (
	Initialize       = "initialize"
	Initialized      = "notifications/initialized"
	Discover         = "server/discover"
	Ping             = "ping"
	ToolsList        = "tools/list"
	ToolsCall        = "tools/call"
	Cancelled        = "notifications/cancelled"
	Progress         = "notifications/progress"
	ToolsListChanged = "notifications/tools/list_changed"
)

// Keys of _meta that every request of the modern era carries (2026-07-28,
// "Request metadata").
const (
	MetaProtocolVersion    = "io.modelcontextprotocol/protocolVersion"
	MetaClientCapabilities = "io.modelcontextprotocol/clientCapabilities"
	MetaClientInfo         = "io.modelcontextprotocol/clientInfo"
)

// CodeUnsupportedVersion answers a request whose protocol version the server
// does not speak (2026-07-28).
const CodeUnsupportedVersion = -32022

// Negotiate returns the revision in which an initialize that asks for that one
// is answered: the same if Loom speaks it, else the latest (2025-11-25,
// "Version Negotiation").
func Negotiate(asked string) string {
	if slices.Contains(LegacyVersions, asked) {
		return asked
	}
	return LatestLegacy
}

// InitializeResult is what Loom answers to an initialize that asks for that
// revision: loomd, and the proxy while there is none. version is Loom's own.
func InitializeResult(asked, version, instructions string) ([]byte, error) {
	return json.Marshal(map[string]any{
		"protocolVersion": Negotiate(asked),
		"capabilities":    map[string]any{"tools": map[string]any{"listChanged": true}},
		"serverInfo":      map[string]any{"name": "loom", "title": "Loom", "version": version},
		"instructions":    instructions,
	})
}
