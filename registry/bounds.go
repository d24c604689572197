package registry

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/secret"
)

// Bounds are what a policy says of the programs and addresses of servers. Most
// are known only when references are expanded and PATH was searched, so whoever
// starts a server asks again. nil lists are no bound.
type Bounds struct {
	Commands, URLs     []string
	CommandsAt, URLsAt Position
}

// CheckCommand returns an error unless the program may be run. file is its whole
// path. One with .. in it is matched by nothing: behind a symbolic link it leads
// elsewhere than it reads.
func (b Bounds) CheckCommand(file string) error {
	matches := func(glob string) bool { return matchGlob(glob, file) }
	if b.Commands == nil || strings.HasPrefix(file, "/") && file == path.Clean(file) && slices.ContainsFunc(b.Commands, matches) {
		return nil
	}
	return fmt.Errorf("%s: it does not allow the command %s", because(b.CommandsAt), file)
}

// CheckURL returns an error unless the address may be used. A pattern's scheme,
// host and the rest are matched each alone, so that https://*.example.com/* does
// not let in https://other.org/.example.com/. An address with a user, or with ..
// in its path, is matched by none.
func (b Bounds) CheckURL(url string) error {
	if b.URLs == nil || slices.ContainsFunc(b.URLs, func(glob string) bool { return matchURL(glob, url) }) {
		return nil
	}
	shown, _, _ := strings.Cut(url, "?")
	if parts := urlParts.FindStringSubmatch(shown); parts != nil && strings.Contains(parts[2], "@") {
		shown = "with a user in it"
	}
	return fmt.Errorf("%s: it does not allow the address %s", because(b.URLsAt), shown)
}

// checkLiteral asks what is known already.
func (s Server) checkLiteral() error {
	if text, whole := literal(s.URL); whole && s.URL != "" {
		return s.Bounds.CheckURL(text)
	}
	if text, whole := literal(s.Command); whole && strings.HasPrefix(text, "/") {
		return s.Bounds.CheckCommand(text)
	}
	// Nothing is allowed at all: no need to look for it.
	if s.Command != "" && s.Bounds.Commands != nil && len(s.Bounds.Commands) == 0 {
		return s.Bounds.CheckCommand(s.Command)
	}
	return nil
}

func literal(text string) (string, bool) {
	t, err := secret.Parse(text)
	if err != nil {
		return "", false
	}
	return t.Literal()
}

func checkCommandGlob(pattern string) error {
	if !strings.HasPrefix(pattern, "/") && pattern != "*" {
		return fmt.Errorf("invalid pattern %q: commands are whole paths, as programs are found after PATH was searched; begin it with /", pattern)
	}
	if pattern != "*" && pattern != path.Clean(pattern) {
		return fmt.Errorf("invalid pattern %q: no path is written so, write %q", pattern, path.Clean(pattern))
	}
	return printable(pattern)
}

var urlParts = regexp.MustCompile(`^([A-Za-z]+)://([^/?#\\]*)(.*)$`)

func checkURLGlob(pattern string) error {
	if pattern == "*" {
		return nil
	}
	parts := urlParts.FindStringSubmatch(pattern)
	if parts == nil || parts[1] != "https" && parts[1] != "http" || parts[2] == "" || !strings.HasPrefix(parts[3], "/") {
		return fmt.Errorf("invalid pattern %q: write it like https://host/*", pattern)
	}
	if strings.Contains(parts[2], "@") || parts[2] != strings.ToLower(parts[2]) {
		return fmt.Errorf("invalid pattern %q: the host is in lower case, and has no user", pattern)
	}
	return printable(pattern)
}

// printable refuses what is seen badly in a list of what is allowed.
func printable(pattern string) error {
	for _, c := range pattern {
		if c < ' ' || c == 0x7f {
			return fmt.Errorf("invalid pattern %q: %q cannot be part of it", pattern, c)
		}
	}
	return nil
}

func matchURL(pattern, url string) bool {
	if pattern == "*" {
		return true
	}
	want, got := urlParts.FindStringSubmatch(pattern), urlParts.FindStringSubmatch(url)
	if want == nil || got == nil || strings.Contains(got[2], "@") {
		return false
	}
	rest := got[3]
	if !strings.HasPrefix(rest, "/") { // https://host?query
		rest = "/" + rest
	}
	file, _, _ := strings.Cut(rest, "?")
	if strings.Contains(strings.ReplaceAll(strings.ToLower(file), "%2e", "."), "..") {
		return false
	}
	return strings.EqualFold(want[1], got[1]) && matchGlob(want[2], strings.ToLower(got[2])) && matchGlob(want[3], rest)
}
