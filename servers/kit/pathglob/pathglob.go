// Package pathglob matches paths of files with patterns.
package pathglob

import (
	"regexp"
	"strings"
)

// Compile reads a pattern like a line of .gitignore: * and ? stay in their
// folder, ** does not, without a slash any folder is meant, and a folder means
// what is in it.
func Compile(pattern string) (*regexp.Regexp, error) {
	rest := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(pattern, "./"), "/"), "/")
	var b strings.Builder
	b.WriteString("^")
	if !strings.Contains(rest, "/") {
		b.WriteString("(.*/)?")
	}
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "**/"):
			b.WriteString("(.*/)?")
			rest = rest[3:]
		case strings.HasPrefix(rest, "**"):
			b.WriteString(".*")
			rest = rest[2:]
		case rest[0] == '*':
			b.WriteString("[^/]*")
			rest = rest[1:]
		case rest[0] == '?':
			b.WriteString("[^/]")
			rest = rest[1:]
		default:
			n := strings.IndexAny(rest, "*?")
			if n < 0 {
				n = len(rest)
			}
			b.WriteString(regexp.QuoteMeta(rest[:n]))
			rest = rest[n:]
		}
	}
	b.WriteString("(/.*)?$")
	return regexp.Compile(b.String())
}
