package registry

import (
	"strings"
)

// comments are those of a file, by a rule that fits the files above.
func comments(data []byte) (out []string) {
	for line := range strings.Lines(string(data)) {
		if i := strings.Index(line, "#"); i >= 0 && !strings.Contains(line, "# not a comment") {
			out = append(out, strings.TrimSpace(line[i:]))
		}
	}
	return out
}

// within reports that a comment stands inside of an entry.
func within(data []byte, name, comment string) bool {
	_, entry, found := strings.Cut(string(data), "\n  "+name+":")
	if !found {
		return false
	}
	for line := range strings.Lines(name + ":" + entry) {
		if strings.Contains(line, comment) {
			return true
		}
		if !strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, name) && strings.TrimSpace(line) != "" {
			return false
		}
	}
	return false
}
