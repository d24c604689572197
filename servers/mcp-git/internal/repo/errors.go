package repo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// Kind is what a caller does about an [Error].
type Kind string

const (
	NotFound    Kind = "not_found"
	Invalid     Kind = "invalid_argument"
	Denied      Kind = "permission_denied"
	Unsupported Kind = "unsupported"
	TooLarge    Kind = "too_large"
	Unavailable Kind = "unavailable" // an object that this clone does not hold
	Broken      Kind = "internal"
)

// Error is a refusal that the asker can read and act on.
type Error struct {
	Kind    Kind
	Message string
	Hint    string   // what to do instead; may be empty
	Name    string   // the name that was not found
	Known   []string // the names there are, to suggest the nearest
}

func (e *Error) Error() string { return e.Message }

func invalid(hint, format string, args ...any) error {
	return &Error{Kind: Invalid, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// denied explains why something outside is not read, and what would allow it.
func denied(err error, what string) error {
	var out *allow.Outside
	if !errors.As(err, &out) {
		return err
	}
	return &Error{
		Kind:    Denied,
		Message: what + ": " + out.Error(),
		Hint:    "if that is wanted, start mcp-git with --allow " + mainGitDir(out.Real) + ", or add the folder to the client's roots",
	}
}

// mainGitDir is what has to be allowed for real: a linked worktree needs the
// git directory that its own folder is part of.
func mainGitDir(real string) string {
	if worktrees := filepath.Dir(real); filepath.Base(worktrees) == "worktrees" {
		return filepath.Dir(worktrees)
	}
	return real
}

// asked turns what git said into an [Error]; other errors pass unchanged.
func asked(err error) error {
	var failed *git.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, git.ErrTooLarge):
		return &Error{Kind: TooLarge, Message: err.Error(), Hint: "narrow the request, for example with path"}
	case !errors.As(err, &failed):
		return err
	case lacksObject(failed.Stderr):
		return &Error{
			Kind:    Unavailable,
			Message: "this clone does not hold an object that the answer needs: " + failed.Stderr,
			Hint:    "it is a partial or damaged clone, and this server never downloads; run git fetch (or git fetch --refetch) in it",
		}
	case unknownFormat(failed.Stderr):
		return &Error{
			Kind:    Unsupported,
			Message: "the git of this machine cannot read the repository: " + failed.Stderr,
			Hint:    "a newer git can",
		}
	}
	return &Error{Kind: Broken, Message: failed.Error()}
}

// These two are the only places that read git's prose; LC_ALL=C keeps it in
// English, and the tests have a repository for each.
func lacksObject(stderr string) bool {
	for _, phrase := range []string{"unable to read", "missing blob", "missing object", "could not fetch", "bad object", "could not get object info", "bad file"} {
		if strings.Contains(stderr, phrase) {
			return true
		}
	}
	return false
}

func unknownFormat(stderr string) bool {
	return strings.Contains(stderr, "unknown repository extension") || strings.Contains(stderr, "repo version")
}
