package review

import (
	"path/filepath"

	"github.com/loom-core/loom/proxy/internal/target"
)

// DeadFile is a file that looks like a client's and is read by nobody.
type DeadFile struct {
	Target target.Target
	Path   string
	Mend   string // where its servers belong
}

// DeadFiles are those that generators and guides were seen to write, whether they
// are there or not.
func DeadFiles(h target.Host) []DeadFile {
	var files []DeadFile
	add := func(client string, path ...string) {
		t, _ := target.Find(client)
		files = append(files, DeadFile{t, filepath.Join(append([]string{h.Home}, path...)...), "its servers are in " + t.UserFile(h)})
	}
	add("claude", ".claude", "mcp.json")
	add("gemini", ".gemini", "settings.toml")
	add("gemini", ".gemini", "config.toml")
	add("zed", ".config", "zed", "mcp.json")
	if h.OS != "darwin" {
		add("vscode", "Library", "Application Support", "Code", "User", "mcp.json")
		add("claude-desktop", "Library", "Application Support", "Claude", "claude_desktop_config.json")
	}
	return files
}
