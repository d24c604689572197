package rules

// client is what differs between clients.
type client struct {
	locations func(finder) []Location // nil: it has rules nowhere else
	carry     func(*work)
	forbids   func(sheets []*sheet, argv []string) string // nil: it has no such settings
}

// clientOf is a client by its id. Most have nothing but what is in a server's entry.
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
	case "copilot":
		return client{nil, carryCopilot, nil}
	case "cursor":
		return client{cursorLocations, carryCursor, nil}
	case "zed":
		return client{zedLocations, carryZed, nil}
	case "goose":
		return client{gooseLocations, carryGoose, nil}
	case "amp":
		return client{ampLocations, carryAmp, nil}
	}
	return client{nil, carryEntry, nil}
}
