package forge

import (
	"regexp"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// glob is a pattern of paths, read like a line of .gitignore: * and ? stay in
// their folder, ** does not, without a slash any folder is meant, and a folder
// means what is in it.
type glob struct {
	text string
	re   *regexp.Regexp
}

func newGlob(text string) (glob, error) {
	rest := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(text, "./"), "/"), "/")
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
	re, err := regexp.Compile(b.String())
	if err != nil {
		return glob{}, kit.Errorf(kit.InvalidArgument, "glob %q: %w", text, err)
	}
	return glob{text, re}, nil
}

// globs are patterns of which one has to fit.
type globs []glob

func newGlobs(texts []string) (globs, error) {
	var list globs
	for _, text := range texts {
		g, err := newGlob(text)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// match is the first pattern that fits one of paths, empty if none does.
func (g globs) match(paths ...string) string {
	for _, one := range g {
		for _, path := range paths {
			if path != "" && one.re.MatchString(path) {
				return one.text
			}
		}
	}
	return ""
}
