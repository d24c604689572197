package forge

import (
	"regexp"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/pathglob"
)

// glob is a pattern of paths, read like a line of .gitignore: * and ? stay in
// their folder, ** does not, without a slash any folder is meant, and a folder
// means what is in it.
type glob struct {
	text string
	re   *regexp.Regexp
}

func newGlob(text string) (glob, error) {
	re, err := pathglob.Compile(text)
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
