package target

import "github.com/loom-core/loom/proxy/internal/configfile"

// gemini is Gemini CLI. Seen with 0.61.0.
// It starts no server at all in a folder that is not trusted.
func gemini() Target {
	return Target{
		ID: "gemini", Name: "Gemini CLI", Proof: Proven, Source: "Gemini CLI 0.61.0, gemini mcp list",
		Format: configfile.JSONC, Key: []string{"mcpServers"},
		User:     func(h Host) []string { return []string{h.home(".gemini", "settings.json")} },
		Project:  []string{".gemini/settings.json"},
		Programs: []string{"gemini"},
		Folders:  func(h Host) []string { return []string{h.home(".gemini")} },
		Entry:    geminiKeys.entryWithTimeout,
		Found:    geminiKeys.foundRemote,
		Refer:    shellPlain,
		After:    "start a new session",
	}
}

// geminiKeys are those of Gemini CLI and of what was made from it. It calls the
// address httpUrl; url is for HTTP+SSE, unless its type says otherwise. The timeout
// is in milliseconds.
var geminiKeys = geminiFields{func() fields {
	keys := common
	keys.url, keys.orURL, keys.kind = "httpUrl", "url", "type"
	keys.noFolder, keys.describe = false, "description"
	return keys
}()}

type geminiFields struct{ fields }

func (k geminiFields) entryWithTimeout(l Launch) configfile.Object {
	return k.entry(l, configfile.Member{Key: "timeout", Value: int64(600000)})
}

func (k geminiFields) foundRemote(o configfile.Object) (Found, bool) {
	f, ok := k.found(o)
	if f.URL != "" && text(o, k.url) == "" {
		f.SSE = text(o, k.kind) != "http"
	}
	return f, ok
}
