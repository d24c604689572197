package inventory

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// Copies are files that clients and editors made of those that the servers are in,
// and that hold a secret of theirs: settings.json.bak, .claude.json.backup and what
// Claude Code keeps in its folder of backups. They are not Loom's to change.
func Copies(servers []Server, h target.Host) []Place {
	var out []Place
	seen := map[string]bool{}
	for _, s := range servers {
		for _, i := range s.Items {
			seen[i.File.Path] = true
		}
	}
	for _, s := range servers {
		if len(s.Secrets) == 0 {
			continue
		}
		for _, i := range s.Items {
			for _, path := range beside(i.File, h) {
				if seen[path] {
					continue
				}
				seen[path] = true
				if line := lineOfAny(path, servers); line > 0 {
					out = append(out, Place{path, line})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Place) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// beside are the files that may be copies of one.
func beside(f *File, h target.Host) []string {
	paths, _ := filepath.Glob(escapeGlob(f.Path) + "*")
	if f.Target.Folders != nil {
		for _, dir := range f.Target.Folders(h) {
			more, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "backups", "*"))
			paths = append(paths, more...)
		}
	}
	return paths
}

// escapeGlob takes the meaning from characters of a path.
func escapeGlob(path string) string {
	var out []rune
	for _, c := range path {
		if c == '*' || c == '?' || c == '[' || c == '\\' {
			out = append(out, '\\')
		}
		out = append(out, c)
	}
	return string(out)
}

// lineOfAny is the first line of a file that holds a secret of one of the servers, 0
// if none does.
func lineOfAny(path string, servers []Server) int {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > configfile.MaxSize {
		return 0
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	first := -1
	for _, s := range servers {
		for _, one := range s.Secrets {
			if at := bytes.Index(data, []byte(one.Value.Reveal())); at >= 0 && (first < 0 || at < first) {
				first = at
			}
		}
	}
	if first < 0 {
		return 0
	}
	return 1 + bytes.Count(data[:first], []byte("\n"))
}
