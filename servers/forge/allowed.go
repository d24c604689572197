package forge

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// allowed are the repositories that the server may touch, by globs such as
// owner/*. nil allows all.
type allowed struct {
	texts []string
	re    []*regexp.Regexp
}

func newAllowed(texts []string) (*allowed, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	a := &allowed{texts: texts}
	for _, text := range texts {
		if !strings.Contains(text, "/") && text != "*" || strings.ContainsAny(text, " \t") {
			return nil, fmt.Errorf("allowed repositories: %q is no glob of repositories such as owner/* or owner/name", text)
		}
		pattern := regexp.QuoteMeta(text)
		pattern = strings.ReplaceAll(pattern, `\*\*`, `.+`)
		pattern = strings.ReplaceAll(pattern, `\*`, `[^/]+`)
		if text == "*" {
			pattern = ".+"
		}
		a.re = append(a.re, regexp.MustCompile(`(?i)^`+pattern+`$`)) // of quoted text
	}
	return a, nil
}

func (a *allowed) has(repo string) bool {
	if a == nil {
		return true
	}
	for _, re := range a.re {
		if re.MatchString(repo) {
			return true
		}
	}
	return false
}

var repoPart = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.+ -]*$`)

// repo checks the name of a repository and that it may be touched. Every tool
// passes the one it was given through here.
func (f *forge) repo(text string) (string, error) {
	repo := strings.Trim(strings.TrimSuffix(text, ".git"), "/")
	parts := strings.Split(repo, "/")
	bad := len(parts) != 2
	if f.Features.RepoPath {
		bad = len(parts) < 2 && strings.Trim(repo, "0123456789") != ""
	}
	for _, part := range parts {
		bad = bad || !repoPart.MatchString(part) || strings.Trim(part, ".") == ""
	}
	if bad {
		return "", kit.Errorf(kit.InvalidArgument, "%q is no repository", text).WithHint("write %s; search_repos finds it", f.Nouns.Repo)
	}
	if !f.allowed.has(repo) {
		return "", kit.Errorf(kit.PermissionDenied, "%s is not one of the repositories that this server may touch", repo).
			WithHint("it may touch %s; whoever runs it decides that", strings.Join(f.allowed.texts, ", "))
	}
	return repo, nil
}

// at is the repository and its backend, for the first line of a tool.
func (f *forge) at(ctx context.Context, text string) (Backend, string, error) {
	repo, err := f.repo(text)
	return f.backend(ctx), repo, err
}

var badRef = regexp.MustCompile(`[\x00-\x20~^:?*\[\\\x7f]|\.\.|^/|/$|//|@\{|\.lock(/|$)|^-|\.$`)

// refName checks the name of a branch, a tag or a sha. Another repository's,
// owner:branch, is none: it would lead around the allowed ones.
func refName(what, ref string) error {
	if ref == "" || !badRef.MatchString(ref) {
		return nil
	}
	return kit.Errorf(kit.InvalidArgument, "%s: %q is no name of a branch, a tag or a commit", what, ref).WithHint(`write it as main, fix/login, v1.2.0 or 4f2a9c1, without spaces and .. ~ ^ : ? * [ \`)
}

// filePath checks the path of a file in a repository.
func filePath(path string) (string, error) {
	clean := strings.Trim(strings.TrimPrefix(path, "./"), "/")
	for part := range strings.SplitSeq(clean, "/") {
		if part == ".." || part == "." || strings.EqualFold(part, ".git") || part == "" && clean != "" || strings.ContainsAny(part, "\x00\n\r") {
			return "", kit.Errorf(kit.InvalidArgument, "%q is no path in a repository", path).WithHint("write it from the root, such as docs/README.md")
		}
	}
	return clean, nil
}

// splitRepo is what comes before the last slash, and what after.
func splitRepo(repo string) (owner, name string) {
	i := strings.LastIndexByte(repo, '/')
	return repo[:max(i, 0)], repo[i+1:]
}
