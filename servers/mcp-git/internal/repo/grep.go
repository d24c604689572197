package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// GrepQuery asks for one page of the lines that match.
type GrepQuery struct {
	SHA        string // a commit from [Repo.Resolve]; "" searches the working tree
	Text       string
	Regex      bool // Perl's, or POSIX extended where git was built without Perl's
	IgnoreCase bool
	Paths      []string // folders, files or globs
	Context    int      // lines before and after
	Skip       int      // matches
	Limit      int      // matches
}

// Match is a line that matches, with what stands around it.
type Match struct {
	Path          string
	Line          int
	Text          string
	Before, After []string
}

// Grep is a page of matches.
type Grep struct {
	Matches []Match
	More    bool // there is a match after these
}

// Grep searches the text of a commit or of the working tree. In the latter it
// looks at what .gitignore lets through, tracked or not.
func (r *Repo) Grep(ctx context.Context, q GrepQuery) (Grep, error) {
	if q.Text == "" || strings.ContainsAny(q.Text, "\n\x00") {
		return Grep{}, invalid("search for one line", "query is empty or has more than one line")
	}
	g := &grep{q: q}
	err := r.search(ctx, g.read, r.grepArgs(q, "--perl-regexp"))
	if q.Regex && err != nil && strings.Contains(err.Error(), "Perl-compatible") {
		if strings.Contains(q.Text, `\d`) || strings.Contains(q.Text, "(?") {
			return Grep{}, invalid(`write [0-9] for \d, and no (?…)`, "the git of this machine knows POSIX extended regular expressions only")
		}
		g = &grep{q: q}
		err = r.search(ctx, g.read, r.grepArgs(q, "--extended-regexp"))
	}
	var broken *Error
	if q.Regex && errors.As(err, &broken) && broken.Kind == Broken {
		err = invalid("drop regex to search for the text as it is", "query is no valid regular expression: %s", broken.Message)
	}
	return g.page, err
}

// search is stream for git grep, which ends with 1 when nothing matches.
func (r *Repo) search(ctx context.Context, read func(*git.Reader) error, args []string) error {
	err := r.git.Stream(ctx, r.command(args...), read)
	var failed *git.Error
	if errors.As(err, &failed) && failed.Code == 1 && failed.Stderr == "" {
		return nil
	}
	return asked(err)
}

func (r *Repo) grepArgs(q GrepQuery, dialect string) []string {
	args := []string{"grep", "-I", "--no-textconv", "--no-color", "--full-name", "-z", "--line-number", "--column", "--threads=2",
		"--no-recurse-submodules", "--context=" + strconv.Itoa(q.Context)}
	if !q.Regex {
		dialect = "--fixed-strings"
	}
	args = append(args, dialect)
	if q.IgnoreCase {
		args = append(args, "--ignore-case")
	}
	if q.SHA == "" {
		// --untracked walks the folders, and does not walk into symbolic
		// links. Without it git opens the paths of the index, also when a
		// folder on the way was replaced by a link that leads elsewhere.
		args = append(args, "--untracked", "--exclude-standard", "-e", q.Text, "--")
	} else {
		args = append(args, "-e", q.Text, q.SHA, "--")
	}
	for _, p := range q.Paths {
		args = append(args, globspec(p))
	}
	return args
}

// GrepGap counts the tracked files that a search of the working tree leaves
// out because .gitignore names them.
func (r *Repo) GrepGap(ctx context.Context) (int, error) {
	n := 0
	err := r.stream(ctx, func(in *git.Reader) error {
		for {
			if _, err := in.Field(); err != nil {
				if errors.Is(err, io.EOF) {
					return nil
				}
				return err
			}
			n++
		}
	}, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard")
	return n, err
}

// grep picks a page out of git's output.
type grep struct {
	q      GrepQuery
	page   Grep
	seen   int
	before []grepLine // context that belongs to the next match
	last   grepLine   // the match before
}

// grepLine is a line of git's output.
type grepLine struct {
	path  string
	line  int
	text  string
	match bool
}

func (g *grep) read(in *git.Reader) error {
	for {
		line, err := readGrepLine(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if g.q.SHA != "" {
			line.path = strings.TrimPrefix(line.path, g.q.SHA+":")
		}
		if line.match {
			err = g.match(line)
		} else {
			g.context(line)
		}
		if err != nil {
			return err
		}
	}
}

func (g *grep) match(line grepLine) error {
	before := g.before
	g.before, g.last = nil, line
	if g.seen++; g.seen <= g.q.Skip {
		return nil
	}
	if len(g.page.Matches) == g.q.Limit {
		g.page.More = true
		return git.Stop
	}
	m := Match{Path: ShowPath(line.path), Line: line.line, Text: line.text}
	for _, b := range before {
		if b.path == line.path && b.line >= line.line-g.q.Context {
			m.Before = append(m.Before, b.text)
		}
	}
	g.page.Matches = append(g.page.Matches, m)
	return nil
}

// context gives a line to the match before it, or keeps it for the next one.
func (g *grep) context(line grepLine) {
	near := line.path == g.last.path && line.line <= g.last.line+g.q.Context
	if near && g.seen > g.q.Skip {
		m := &g.page.Matches[len(g.page.Matches)-1]
		m.After = append(m.After, line.text)
		return
	}
	if g.before = append(g.before, line); len(g.before) > g.q.Context {
		g.before = g.before[1:]
	}
}

// readGrepLine reads "path NUL line NUL [column NUL] text LF". Only a line
// that matches has a column. A line "--" stands between two places.
func readGrepLine(in *git.Reader) (grepLine, error) {
	var l grepLine
	path, err := in.Field()
	if err != nil {
		return l, err
	}
	number, err := in.Field()
	if errors.Is(err, io.EOF) && strings.TrimSpace(path) == "--" {
		return l, io.EOF
	}
	if err != nil {
		return l, fmt.Errorf("reading matches: %w", err)
	}
	text, passed, err := in.Until('\n', 32<<10)
	if err != nil {
		return l, fmt.Errorf("reading matches: %w", err)
	}
	l.path = strings.TrimPrefix(path, "--\n")
	if l.line, err = strconv.Atoi(number); err != nil {
		return l, fmt.Errorf("reading matches: line number %q", number)
	}
	rest := string(text)
	column := 1
	if first, after, ok := strings.Cut(rest, "\x00"); ok {
		if n, err := strconv.Atoi(first); err == nil {
			l.match, column, rest = true, n, after
		}
	}
	l.text = around(strings.TrimSuffix(rest, "\r"), column-1, passed)
	return l, nil
}

// A match is shown with what stands around it; a minified file is one line.
const (
	lineBefore = 200
	lineMax    = 500
)

// around is the part of line near the byte at.
func around(line string, at, passed int) string {
	if len(line)+passed <= lineMax {
		return git.Text(line)
	}
	start := max(0, min(at-lineBefore, len(line)-lineMax))
	end := min(len(line), start+lineMax)
	for start > 0 && !utf8.RuneStart(line[start]) {
		start--
	}
	for end < len(line) && !utf8.RuneStart(line[end]) {
		end++
	}
	out := git.Text(line[start:end])
	if start > 0 {
		out = "…" + out
	}
	if cut := len(line) - end + passed; cut > 0 {
		out += fmt.Sprintf("…(+%d)", cut)
	}
	return out
}
