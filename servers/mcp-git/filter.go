package main

import (
	"regexp"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/pathglob"
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
		for _, pattern := range list.globs {
			re, err := pathglob.Compile(pattern)
			if err != nil {
				return nil, kit.Errorf(kit.InvalidArgument, "glob %q: %w", pattern, err)
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
