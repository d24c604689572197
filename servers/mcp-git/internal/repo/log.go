package repo

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// Commit is what a list says of a commit, and more once Message is filled.
type Commit struct {
	SHA         string
	Parents     []string
	Author      string
	AuthorEmail string
	AuthorDate  time.Time
	Committer   string
	CommitDate  time.Time
	Subject     string
	Message     string // the body, only from [Repo.Commit]
}

// LogQuery asks for one page of a history. From is required and, like Not, a
// sha from [Repo.Resolve].
type LogQuery struct {
	From         string
	Not          string // leave out what this commit reaches
	Path         string
	Author       string // part of the name or address, any case
	Query        string // part of the message, any case
	Since, Until time.Time
	Skip, Limit  int
}

const logFormat = "%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ct%x00%s"

// Log lists commits, the newest first.
func (r *Repo) Log(ctx context.Context, q LogQuery) ([]Commit, error) {
	args := []string{"log", "-z", "--format=" + logFormat, "--encoding=UTF-8", "--no-show-signature", "--no-mailmap", "--no-color",
		"--fixed-strings", "--regexp-ignore-case", "--skip=" + strconv.Itoa(q.Skip), "--max-count=" + strconv.Itoa(q.Limit)}
	// Each value is glued to its option, so it cannot become one of its own.
	if q.Author != "" {
		args = append(args, "--author="+q.Author)
	}
	if q.Query != "" {
		args = append(args, "--grep="+q.Query)
	}
	if !q.Since.IsZero() {
		args = append(args, "--since=@"+strconv.FormatInt(q.Since.Unix(), 10))
	}
	if !q.Until.IsZero() {
		args = append(args, "--until=@"+strconv.FormatInt(q.Until.Unix(), 10))
	}
	args = append(args, "--end-of-options", q.From)
	if q.Not != "" {
		args = append(args, "^"+q.Not)
	}
	args = append(append(args, "--"), pathspecs([]string{q.Path})...)
	var commits []Commit
	err := r.stream(ctx, func(in *git.Reader) error {
		for {
			c, err := readCommit(in)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			commits = append(commits, c)
		}
	}, args...)
	return commits, err
}

func readCommit(in *git.Reader) (Commit, error) {
	var c Commit
	var parents, authored, committed string
	err := in.Fields(&c.SHA, &parents, &c.Author, &c.AuthorEmail, &authored, &c.Committer, &committed, &c.Subject)
	if err != nil {
		return c, err
	}
	c.Parents = strings.Fields(parents)
	c.AuthorDate, c.CommitDate = unix(authored), unix(committed)
	for _, s := range []*string{&c.Author, &c.AuthorEmail, &c.Committer, &c.Subject} {
		*s = git.Text(*s)
	}
	return c, nil
}

// messageMax bounds the text of one commit message.
const messageMax = 16 << 10

// Commit reads one commit with its whole message.
func (r *Repo) Commit(ctx context.Context, sha string) (Commit, error) {
	var c Commit
	err := r.stream(ctx, func(in *git.Reader) error {
		var err error
		if c, err = readCommit(in); err != nil {
			return err
		}
		body, passed, err := in.Until(0, messageMax)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		c.Message = strings.TrimSpace(git.Text(string(body)))
		if passed > 0 {
			c.Message += "…(+" + strconv.Itoa(passed) + ")"
		}
		return nil
	}, "log", "-z", "--max-count=1", "--format="+logFormat+"%x00%b", "--encoding=UTF-8", "--no-show-signature", "--no-mailmap", "--no-color", "--end-of-options", sha, "--")
	return c, err
}

// Count says how many commits each of two histories has that the other lacks.
func (r *Repo) Count(ctx context.Context, base, head string) (behind, ahead int, err error) {
	out, err := r.output(ctx, 1<<10, "rev-list", "--left-right", "--count", "--end-of-options", base+"..."+head, "--")
	if err != nil {
		return 0, 0, err
	}
	left, right, _ := strings.Cut(strings.TrimSpace(out), "\t")
	behind, err = strconv.Atoi(left)
	if err != nil {
		return 0, 0, err
	}
	ahead, err = strconv.Atoi(right)
	return behind, ahead, err
}

// MergeBase is the best common ancestor, or "" for unrelated histories.
func (r *Repo) MergeBase(ctx context.Context, base, head string) (string, error) {
	out, err := r.git.Output(ctx, r.command("merge-base", "--end-of-options", base, head), 1<<10)
	var failed *git.Error
	if errors.As(err, &failed) && failed.Code == 1 && failed.Stderr == "" {
		return "", nil
	}
	return strings.TrimSpace(string(out)), asked(err)
}
