package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// syncAfter is what the user has to do before a change counts.
func syncAfter(opts *SyncOptions, c clientsync.Change) string {
	after := c.Target.After
	if c.Scope == clientsync.Project && c.Target.InProject != "" {
		after = c.Target.InProject
	}
	if c.Target.ID != "gemini" || opts.back {
		return after
	}
	host, err := opts.Host()
	if err != nil || geminiTrusts(host, opts.Dir) {
		return after
	}
	return after + "; Gemini does not trust " + opts.Dir + " and starts no server there: /permissions trusts it"
}

// geminiTrusts reports that Gemini CLI trusts a folder, by its file of trusted folders:
// the longest path in it that the folder is in decides.
func geminiTrusts(host target.Host, dir string) bool {
	text, err := os.ReadFile(filepath.Join(host.Home, ".gemini", "trustedFolders.json"))
	if err != nil {
		return false
	}
	f, err := configfile.Parse(configfile.JSONC, text)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	rules, _, _ := f.Entries()
	trusted, longest := false, -1
	for _, rule := range rules {
		path := filepath.Clean(rule.Key)
		if rule.Value == "TRUST_PARENT" {
			path = filepath.Dir(path)
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		inside := dir == path || strings.HasPrefix(dir, strings.TrimSuffix(path, "/")+"/")
		if inside && len(path) > longest {
			trusted, longest = rule.Value != "DO_NOT_TRUST", len(path)
		}
	}
	return trusted
}
