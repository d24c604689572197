package forge

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// home is the part of a URL that names a repository: by owner and name, by its
// number as GitHub does, or as GitLab does, escaped or by number. The last is
// where an Enterprise Server has its archives.
var home = regexp.MustCompile(`/(repos/[^/]+/[^/]+|repositories/[^/]+|projects/[^/]+|_codeload/[^/]+/[^/]+)(/|$)`)

// stays refuses to follow where a forge sends the old name of a repository: the
// one that has it now may be none of those that may be touched.
func (p Program) stays(from, to *url.URL) error {
	was, is := homeOf(from), homeOf(to)
	if was == "" || strings.EqualFold(was, is) {
		return nil
	}
	return kit.Errorf(kit.PermissionDenied, "%s was renamed or moved: %s sends its old name elsewhere, which may be no repository that this server may touch", was, p.Service.Name).
		WithHint("search_repos shows those that it may touch, by their names of now")
}

func homeOf(u *url.URL) string {
	found := home.FindStringSubmatch(u.EscapedPath())
	if found == nil {
		return ""
	}
	_, name, _ := strings.Cut(found[1], "/")
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}
