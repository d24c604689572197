// Package mcp names what the Model Context Protocol calls its methods, keys
// and versions, for the processes that pass messages through without decoding
// them. It is not an SDK: our servers use mcp-go.
package mcp

import (
	"encoding/json"
	"slices"
	"time"
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
	Initialize           = "initialize"
	Initialized          = "notifications/initialized"
	Discover             = "server/discover"
	Ping                 = "ping"
	ToolsList            = "tools/list"
	ToolsCall            = "tools/call"
	PromptsList          = "prompts/list"
	PromptsGet           = "prompts/get"
	ResourcesList        = "resources/list"
	TemplatesList        = "resources/templates/list"
	ResourcesRead        = "resources/read"
	ResourcesSubscribe   = "resources/subscribe"
	ResourcesUnsubscribe = "resources/unsubscribe"
	Complete             = "completion/complete"
	SetLevel             = "logging/setLevel"
	Listen               = "subscriptions/listen"
	Acknowledged         = "notifications/subscriptions/acknowledged"
	Cancelled            = "notifications/cancelled"
	Progress             = "notifications/progress"
	ToolsListChanged     = "notifications/tools/list_changed"
	PromptsListChanged   = "notifications/prompts/list_changed"
	ResourcesListChanged = "notifications/resources/list_changed"
)

// Keys of _meta in the modern era: the first three are those of every request
// (2026-07-28, "Request metadata").
const (
	MetaProtocolVersion    = "io.modelcontextprotocol/protocolVersion"
	MetaClientCapabilities = "io.modelcontextprotocol/clientCapabilities"
	MetaClientInfo         = "io.modelcontextprotocol/clientInfo"
	MetaServerInfo         = "io.modelcontextprotocol/serverInfo"     // of a result
	MetaSubscriptionID     = "io.modelcontextprotocol/subscriptionId" // of what comes on a subscription
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

// capabilities are what clients are told in either era, with servers that have
// all of it or none: legacy capabilities are fixed at initialize, and a list may
// be empty.
var capabilities = json.RawMessage(`{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{},"logging":{}}`)

// ServerInfo is what Loom calls itself. version is Loom's own.
func ServerInfo(version string) []byte {
	raw, _ := json.Marshal(map[string]string{"name": "loom", "title": "Loom", "version": version}) // strings only: cannot fail
	return raw
}

// InitializeResult is what Loom answers to an initialize that asks for that
// revision: loomd, and the proxy while there is none. version is Loom's own.
func InitializeResult(asked, version, instructions string) ([]byte, error) {
	return json.Marshal(map[string]any{
		"protocolVersion": Negotiate(asked),
		"capabilities":    capabilities,
		"serverInfo":      json.RawMessage(ServerInfo(version)),
		"instructions":    instructions,
	})
}

// DiscoverResult is the same for server/discover (2026-07-28, "Discovery"). ttl
// is how long the client may keep it.
func DiscoverResult(version, instructions string, ttl time.Duration) ([]byte, error) {
	return json.Marshal(map[string]any{
		"supportedVersions": append([]string{Modern}, LegacyVersions...),
		"capabilities":      capabilities,
		"instructions":      instructions,
		"resultType":        "complete",
		"ttlMs":             ttl.Milliseconds(),
		"cacheScope":        "private",
		"_meta":             map[string]any{MetaServerInfo: json.RawMessage(ServerInfo(version))},
	})
}
