package inventory

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/registry"
)

// alone are words in the command of servers that have a browser, or a login of
// their own, which two clients would fight over.
var alone = []string{"playwright", "puppeteer", "browser", "chrome-devtools", "selenium", "mcp-remote"}

// share says who may share a process of the server, and by which rule.
func share(i Item, e entry, ours []string) (registry.Share, string) {
	relative := func(text string) bool {
		return text == "." || strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../")
	}
	line := append([]string{e.Command}, e.Args...)
	switch {
	case e.URL == "" && slices.Contains(ours, filepath.Base(e.Command)):
		return registry.ShareGlobal, "it is one of Loom's own"
	case e.workspace:
		return registry.ShareWorkspace, "it is given the project's folder"
	case e.Dir != "":
		return registry.ShareWorkspace, "it has a folder of its own"
	case slices.ContainsFunc(line, relative):
		return registry.ShareWorkspace, "it has a relative path"
	case i.File.Scope == clientsync.Project:
		return registry.ShareWorkspace, "it is of a project"
	case slices.ContainsFunc(line, func(word string) bool {
		return slices.ContainsFunc(alone, func(a string) bool { return strings.Contains(strings.ToLower(word), a) })
	}):
		return registry.ShareSession, "it has a browser or a login of its own"
	}
	return registry.ShareWorkspace, "nobody knows what it keeps between calls"
}
