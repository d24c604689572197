package target

import (
	"path/filepath"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// zed is Zed. The settings are its own, with comments. The timeout is in seconds, of
// a call, 60 otherwise; an address has no type, and no key names a folder. Sources:
// zed.dev/docs/ai/mcp and the settings of its code (crates/settings_content).
func zed() Target {
	keys := common
	keys.enabled, keys.disabled = "enabled", ""
	return Target{
		ID: "zed", Name: "Zed", Proof: Documented, Source: "zed.dev, Model Context Protocol",
		Format: configfile.JSONC, Key: []string{"context_servers"},
		User:     func(h Host) []string { return under(zedFolders(h), "settings.json") },
		Project:  []string{".zed/settings.json"},
		Programs: []string{"zed"},
		Folders:  zedFolders,
		Entry: func(l Launch) configfile.Object {
			return keys.entry(l, configfile.Member{Key: "timeout", Value: int64(600)})
		},
		Found: keys.found,
		Refer: noReference,
		After: "nothing: Zed reads its settings when they change", InProject: "trust the project when Zed asks",
	}
}

// zedFolders are where Zed has its settings: on macOS not where other programs do.
func zedFolders(h Host) []string {
	switch {
	case h.OS == "darwin":
		return []string{h.home(".config", "zed")}
	case h.Windows != "":
		return []string{filepath.Join(h.Windows, "AppData", "Roaming", "Zed"), h.config("zed")}
	}
	return []string{h.config("zed"), h.home(".var", "app", "dev.zed.Zed", "config", "zed")}
}
