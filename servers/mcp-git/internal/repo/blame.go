package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// BlameRange is a run of lines that one commit wrote.
type BlameRange struct {
	Start, End int
	SHA        string
	Author     string
	Date       time.Time
	Summary    string
	Path       string // when the lines came from a file of another name
}

// Blame says which commit wrote the lines start to end of path, as they are in
// the commit sha. It never blames the working tree: that would run the file
// through the filters of the repository.
func (r *Repo) Blame(ctx context.Context, sha, path string, start, end int) ([]BlameRange, error) {
	var ranges []BlameRange
	err := r.stream(ctx, func(in *git.Reader) error {
		var err error
		ranges, err = parseBlame(in, path)
		return err
	}, "blame", "--porcelain", "--no-textconv", "--encoding=UTF-8", "-L", fmt.Sprintf("%d,%d", start, end),
		// git blame 2.39 does not know --end-of-options; sha is one of ours.
		sha, "--", path)
	return ranges, err
}

// parseBlame reads the porcelain format: a header per line, what is known of a
// commit after its first header, then the line itself behind a tab.
func parseBlame(in *git.Reader, path string) ([]BlameRange, error) {
	known := map[string]*BlameRange{}
	var ranges []BlameRange
	var current *BlameRange
	line := 0
	for {
		text, _, err := in.Until('\n', 4<<10)
		if errors.Is(err, io.EOF) {
			return ranges, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case current == nil:
			fields := strings.Fields(string(text))
			if len(fields) < 3 {
				return nil, fmt.Errorf("reading blame: header %q", text)
			}
			if line, err = strconv.Atoi(fields[2]); err != nil {
				return nil, fmt.Errorf("reading blame: header %q: %w", text, err)
			}
			if current = known[fields[0]]; current == nil {
				current = &BlameRange{SHA: fields[0]}
				known[fields[0]] = current
			}
		case bytes.HasPrefix(text, []byte("\t")):
			ranges = addLine(ranges, *current, line)
			current = nil
		default:
			name, value, _ := strings.Cut(string(text), " ")
			current.set(name, value, path)
		}
	}
}

func (b *BlameRange) set(name, value, path string) {
	switch name {
	case "author":
		b.Author = git.Text(value)
	case "author-time":
		b.Date = unix(value)
	case "summary":
		b.Summary = git.Text(value)
	case "filename":
		if strings.HasPrefix(value, `"`) {
			if unquoted, err := strconv.Unquote(value); err == nil {
				value = unquoted
			}
		}
		if b.Path = ""; value != path {
			b.Path = ShowPath(value)
		}
	}
}

func addLine(ranges []BlameRange, by BlameRange, line int) []BlameRange {
	if n := len(ranges); n > 0 {
		last := &ranges[n-1]
		if last.SHA == by.SHA && last.Path == by.Path && last.End == line-1 {
			last.End = line
			return ranges
		}
	}
	by.Start, by.End = line, line
	return append(ranges, by)
}
