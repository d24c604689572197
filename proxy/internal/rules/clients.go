package rules

// client is what differs between clients.
type client struct {
	locations func(finder) []Location
	carry     func(*work)
	forbids   func(sheets []*sheet, argv []string) string // nil: it has no such settings
}

// clientOf is a client by its id. One that has no rules is empty.
func clientOf(id string) client {
	switch id {
	case "claude":
		return client{claudeLocations, carryClaude, forbidsClaude}
	case "codex":
		return client{codexLocations, carryCodex, forbidsCodex}
	case "gemini":
		return client{geminiLocations, carryGemini, forbidsGemini}
	case "qwen":
		return client{qwenLocations, carryQwen, forbidsGemini}
	case "opencode", "kilo":
		return client{openCodeLocations(id), carryOpenCode, nil}
	}
	return client{}
}
