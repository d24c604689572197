package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// Resolve returns the full sha of the commit that ref names. Nothing that a
// caller wrote reaches any other git command: they all get this sha.
func (r *Repo) Resolve(ctx context.Context, ref string) (string, error) {
	switch {
	case ref == "" || len(ref) > 1000:
		return "", invalid("give a branch, a tag or a sha", "ref is empty or too long")
	case strings.HasPrefix(ref, "-"):
		return "", invalid("give a branch, a tag or a sha", "ref %s begins with a dash", ref)
	case strings.ContainsFunc(ref, unicode.IsControl):
		return "", invalid("give a branch, a tag or a sha", "ref %q has a control character", ref)
	case strings.Contains(ref, ".."):
		return "", invalid("compare_refs takes the two ends as base and head", "ref %s is a range", ref)
	}
	out, err := r.git.Output(ctx, r.command("rev-parse", "--verify", "--end-of-options", ref+"^{commit}"), 1<<10)
	var failed *git.Error
	if !errors.As(err, &failed) {
		return strings.TrimSpace(string(out)), asked(err)
	}
	if strings.Contains(failed.Stderr, "ambiguous") {
		return "", invalid("give more characters of the sha", "ref %s: %s", ref, failed.Stderr)
	}
	if ref == "HEAD" {
		return "", &Error{Kind: NotFound, Message: "the repository has no commit on its current branch yet"}
	}
	return "", r.noSuchRef(ctx, ref)
}

func (r *Repo) noSuchRef(ctx context.Context, ref string) error {
	missing := &Error{
		Kind:    NotFound,
		Message: fmt.Sprintf("no branch, tag or commit %s in %s", ref, r.Root()),
		Name:    ref,
	}
	if refs, err := r.Refs(ctx, Branches, Tags, RemoteBranches); err == nil {
		for _, known := range refs {
			missing.Known = append(missing.Known, known.Name)
		}
	}
	return missing
}

// RefType is a folder of refs.
type RefType string

const (
	Branches       RefType = "refs/heads/"
	Tags           RefType = "refs/tags/"
	RemoteBranches RefType = "refs/remotes/"
)

// Ref is one branch or tag.
type Ref struct {
	Name     string // short: main, v1.0, origin/main
	Type     RefType
	SHA      string // of the commit, also for an annotated tag
	Date     time.Time
	Subject  string
	Upstream string
	Current  bool
}

// refsMax bounds the refs that are held; nobody pages further by hand.
const refsMax = 50_000

// Refs lists the refs of the given types, the newest first.
func (r *Repo) Refs(ctx context.Context, types ...RefType) ([]Ref, error) {
	args := []string{"for-each-ref", "--sort=-creatordate", "--count=" + strconv.Itoa(refsMax),
		"--format=%(refname)%00%(objectname)%00%(*objectname)%00%(creatordate:unix)%00%(upstream:short)%00%(HEAD)%00%(contents:subject)%00"}
	for _, t := range types {
		args = append(args, string(t))
	}
	var refs []Ref
	err := r.stream(ctx, func(in *git.Reader) error {
		for {
			var name, sha, peeled, date, upstream, head, subject string
			err := in.Fields(&name, &sha, &peeled, &date, &upstream, &head, &subject)
			if errors.Is(err, io.EOF) || strings.TrimSpace(name) == "" {
				return nil
			}
			if err != nil {
				return err
			}
			ref := Ref{SHA: sha, Upstream: git.Text(upstream), Current: head == "*", Subject: git.Text(subject)}
			if peeled != "" {
				ref.SHA = peeled
			}
			ref.Date = unix(date)
			name = strings.TrimPrefix(name, "\n") // the end of the line before
			for _, t := range types {
				if short, ok := strings.CutPrefix(name, string(t)); ok {
					ref.Name, ref.Type = git.Text(short), t
				}
			}
			// origin/HEAD says again what another ref says.
			if ref.Type == RemoteBranches && strings.HasSuffix(ref.Name, "/HEAD") {
				continue
			}
			refs = append(refs, ref)
		}
	}, args...)
	return refs, err
}

func unix(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
