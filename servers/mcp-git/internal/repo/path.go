package repo

import (
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
)

// ParsePath makes of an argument the path of a file in the repository, with
// slashes and from its top. An absolute path in the working tree is one too,
// and so is what [ShowPath] printed. The top itself is "".
func (r *Repo) ParsePath(arg string) (string, error) {
	p := arg
	if strings.HasPrefix(p, `"`) && strings.HasSuffix(p, `"`) && len(p) > 1 {
		unquoted, err := strconv.Unquote(p)
		if err != nil {
			return "", invalid("write it as it was listed", "path %s is quoted and cannot be read", arg)
		}
		p = unquoted
	}
	if filepath.IsAbs(p) {
		if dir, err := filepath.EvalSymlinks(filepath.Dir(p)); err == nil && !allow.Within(r.Root(), p) {
			p = filepath.Join(dir, filepath.Base(p)) // the client spells its root through a link
		}
		rel, err := filepath.Rel(r.Root(), p)
		if err != nil || r.Bare() || !allow.Within(r.Root(), p) {
			return "", invalid("give it from the top of the repository, "+r.Root(), "path %s is not in the repository", arg)
		}
		p = rel
	}
	p = path.Clean(filepath.ToSlash(p))
	switch {
	case strings.ContainsRune(p, 0):
		return "", invalid("", "path %q has a NUL character", arg)
	case p == ".." || strings.HasPrefix(p, "../"):
		return "", invalid("give it from the top of the repository", "path %s leads out of the repository", arg)
	case p == "." || p == "/":
		return "", nil
	}
	return p, nil
}

// ShowPath is how a path is printed: as it is, or in double quotes with
// escapes when it has bytes that text cannot carry. [Repo.ParsePath] takes
// both.
func ShowPath(p string) string {
	plain := utf8.ValidString(p) && !strings.HasPrefix(p, `"`) &&
		strings.IndexFunc(p, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) }) < 0
	if plain {
		return p
	}
	return strconv.QuoteToASCII(p)
}

// pathspec names one path and what is below it, to the letter.
func pathspec(p string) string { return ":(top,literal)" + p }

// globspec is pathspec for a caller's glob: * stays in its folder, ** does
// not, and a glob without a slash means any folder, as in .gitignore.
func globspec(p string) string {
	if !strings.ContainsAny(p, "*?[") {
		return pathspec(p)
	}
	if !strings.Contains(p, "/") {
		p = "**/" + p
	}
	return ":(top,glob)" + p
}

func pathspecs(paths []string) []string {
	var out []string
	for _, p := range paths {
		if p != "" {
			out = append(out, pathspec(p))
		}
	}
	return out
}
