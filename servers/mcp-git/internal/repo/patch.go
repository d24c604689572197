package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// PatchQuery asks for a piece of the patch between two commits.
type PatchQuery struct {
	From, To string
	Paths    []string       // as given to [Repo.Changes]
	Changes  []Change       // what that returned
	Skip     func(int) bool // says which of the changes to leave out
	At       PatchPosition  // where to begin
	Context  int            // lines around a change
	Budget   int            // bytes of text
}

// PatchPosition is a place in a patch: a line of the hunks of one change.
type PatchPosition struct{ File, Line int }

// Patch is a piece of a patch: whole hunks, except where a single one is
// larger than the budget.
type Patch struct {
	Text  string
	Files []int          // the changes of which something is in Text
	Next  *PatchPosition // nil at the end
}

// patchLine bounds one line; a minified file is a single one of megabytes.
const patchLine = 2_000

// Patch writes the patch from q.At until the budget is used up.
func (r *Repo) Patch(ctx context.Context, q PatchQuery) (Patch, error) {
	w := &patchWriter{q: q, at: PatchPosition{File: -1}}
	args := append(diffArgs("--patch", fmt.Sprintf("--unified=%d", q.Context), "--src-prefix=a/", "--dst-prefix=b/",
		"--end-of-options", q.From, q.To, "--"), pathspecs(q.Paths)...)
	if err := r.stream(ctx, w.read, args...); err != nil {
		return Patch{}, err
	}
	return Patch{Text: w.out.String(), Files: w.files, Next: w.next}, nil
}

// patchWriter copies a patch line by line. When the budget is used up it takes
// back the hunk that did not fit, so the most it ever holds is the budget and
// one line.
type patchWriter struct {
	q     PatchQuery
	out   bytes.Buffer
	files []int
	next  *PatchPosition

	at       PatchPosition // of the line that comes next
	sections int           // that the current change still has
	header   string        // of the section, until something of it is written
	hunk     string        // the @@ line of the current hunk
	start    PatchPosition // of the current hunk
	mark     int           // length of out where it began
}

func (w *patchWriter) read(in *git.Reader) error {
	for {
		text, passed, err := in.Until('\n', patchLine)
		if errors.Is(err, io.EOF) {
			return w.endSection()
		}
		if err != nil {
			return err
		}
		line := git.Text(string(text))
		if passed > 0 {
			line += fmt.Sprintf("…(+%d)", passed)
		}
		if err := w.add(line + "\n"); err != nil {
			return err
		}
	}
}

// add takes one line. The lines of a hunk begin with a space, +, - or \, so
// these two beginnings cannot come from the text of a file.
func (w *patchWriter) add(line string) error {
	switch {
	case strings.HasPrefix(line, "diff --git "):
		if err := w.endSection(); err != nil {
			return err
		}
		w.beginSection(line)
		return nil
	case strings.HasPrefix(line, "@@ "):
		w.hunk, w.start, w.mark = line, w.at, w.out.Len()
	case w.hunk == "":
		w.header += line
		return nil
	}
	defer func() { w.at.Line++ }()
	if !w.wanted() {
		return nil
	}
	return w.write(line)
}

func (w *patchWriter) beginSection(line string) {
	if w.sections == 0 {
		w.at = PatchPosition{File: w.at.File + 1}
		if w.at.File < len(w.q.Changes) {
			w.sections = w.q.Changes[w.at.File].sections()
		}
	}
	w.sections = max(w.sections-1, 0)
	w.header, w.hunk, w.start, w.mark = line, "", w.at, w.out.Len()
}

// endSection writes a section that had no hunk: a rename, a mode, a binary.
func (w *patchWriter) endSection() error {
	if w.hunk != "" || w.header == "" || !w.wanted() {
		return nil
	}
	return w.write("")
}

// wanted says whether the place w.at belongs to this piece.
func (w *patchWriter) wanted() bool {
	from := w.q.At
	if w.at.File < from.File || w.at.File == from.File && w.at.Line < from.Line {
		return false
	}
	return w.at.File < len(w.q.Changes) && !w.q.Skip(w.at.File)
}

func (w *patchWriter) write(line string) error {
	before := w.out.Len()
	if w.header != "" {
		w.out.WriteString(w.header)
		w.header = ""
		if w.at.Line > w.start.Line { // the piece begins inside a hunk
			fmt.Fprintf(&w.out, "%s (continued at line %d of this hunk)\n", strings.TrimSuffix(w.hunk, "\n"), w.at.Line-w.start.Line)
		}
	}
	w.out.WriteString(line)
	if w.out.Len() <= w.q.Budget || before == 0 {
		if !slices.Contains(w.files, w.at.File) {
			w.files = append(w.files, w.at.File)
		}
		return nil
	}
	next := w.start
	if w.mark == 0 { // nothing but this hunk: give what fits of it
		w.mark, next = before, w.at
	} else if n := len(w.files); n > 0 && w.files[n-1] == w.start.File && w.start.Line == 0 {
		w.files = w.files[:n-1]
	}
	w.out.Truncate(w.mark)
	w.next = &next
	return git.Stop
}
