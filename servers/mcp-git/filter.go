package main

import (
	"regexp"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

// filter picks files by globs.
type filter struct {
	include, exclude []string
	in, out          []*regexp.Regexp
}

func newFilter(include, exclude []string) (*filter, error) {
	f := &filter{include: include, exclude: exclude}
	for _, list := range []struct {
		globs []string
		into  *[]*regexp.Regexp
	}{{include, &f.in}, {exclude, &f.out}} {
		for _, glob := range list.globs {
			re, err := compileGlob(glob)
			if err != nil {
				return nil, kit.Errorf(kit.InvalidArgument, "glob %q: %w", glob, err)
			}
			*list.into = append(*list.into, re)
		}
	}
	return f, nil
}

// String tells two filters apart.
func (f *filter) String() string {
	return strings.Join(f.include, "\n") + "\n!\n" + strings.Join(f.exclude, "\n")
}

// reason says why a file is left out, or "" if it is not.
func (f *filter) reason(c repo.Change) string {
	if matchesAny(f.out, c) {
		return "exclude"
	}
	if len(f.in) > 0 && !matchesAny(f.in, c) {
		return "not in include"
	}
	return ""
}

func matchesAny(globs []*regexp.Regexp, c repo.Change) bool {
	for _, re := range globs {
		if re.MatchString(c.Path) || c.OldPath != "" && re.MatchString(c.OldPath) {
			return true
		}
	}
	return false
}

// compileGlob reads a glob like .gitignore does: * and ? stay in their folder,
// ** does not, without a slash any folder is meant, and a folder means what is
// in it.
func compileGlob(glob string) (*regexp.Regexp, error) {
	glob = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(glob, "./"), "/"), "/")
	var b strings.Builder
	b.WriteString("^")
	if !strings.Contains(glob, "/") {
		b.WriteString("(.*/)?")
	}
	for rest := glob; rest != ""; {
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
