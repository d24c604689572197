package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/generated"
	"github.com/loom-core/loom/proxy/internal/plaintext"
	"github.com/loom-core/loom/proxy/internal/review"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// reviewed is what was looked at, and what was found.
type reviewed struct {
	*flaws
	clients          []target.Target // that have a file
	files, generated int
	lines            []reviewedLine // for loom-scan
}

// reviewedLine is a line of what loom-scan reads, and where it is from.
type reviewedLine struct {
	text string
	at   registry.Position
	what string // whose value it is
}

// file looks at a client's file, if it is there, and returns the names of its
// servers. What else is in the file is not looked at.
func (r *reviewed) file(t target.Target, path string) (names []string) {
	text, ok := r.read(path)
	if !ok {
		return nil
	}
	r.files++
	return r.entries(t, path, text, true)
}

// read is the text of a file; ok is false when it is not there, or cannot be read.
func (r *reviewed) read(path string) (text []byte, ok bool) {
	info, err := os.Stat(path)
	switch {
	case path == "" || errors.Is(err, fs.ErrNotExist):
		return nil, false
	case err == nil && (!info.Mode().IsRegular() || info.Size() > configfile.MaxSize):
		err = fmt.Errorf("reading %s: it is no regular file, or too big", path)
	case err == nil:
		text, err = os.ReadFile(path)
	}
	if err != nil {
		r.add(severityError, registry.Position{File: path}, "", "%v", err)
		return nil, false
	}
	return text, true
}

// entries looks at the entries in a text. scan has their values looked at by
// loom-scan too.
func (r *reviewed) entries(t target.Target, path string, text []byte, scan bool) (names []string) {
	place := func(p configfile.Position) registry.Position {
		return registry.Position{File: path, Line: p.Line, Column: p.Column}
	}
	file, err := configfile.Parse(t.Format, text)
	var values []review.Value
	if err == nil {
		values, err = review.Values(t, file)
	}
	var unread []review.Unread
	if err == nil {
		unread, err = review.UnreadIn(t, file)
	}
	var syntax *configfile.SyntaxError
	var shape *configfile.ShapeError
	switch {
	case errors.As(err, &syntax):
		r.add(severityError, place(syntax.Pos), "", "%s cannot read the file: %s", t.Name, syntax.What)
		return nil
	case errors.As(err, &shape):
		r.add(severityError, place(shape.Pos), "", "%s", shape.What)
		return nil
	case err != nil:
		r.add(severityError, registry.Position{File: path}, "", "%v", err)
		return nil
	}
	for _, u := range unread {
		r.add(severityError, place(u.Pos), u.Mend, "%s", u.What)
	}
	for _, v := range values {
		what := fmt.Sprintf("%q, %s", v.Entry, v.Key)
		if v.Plain {
			r.plain(place(v.Pos), what)
		}
		if scan {
			line := strings.NewReplacer("\n", " ", "\r", " ").Replace(v.Text)
			r.lines = append(r.lines, reviewedLine{fmt.Sprintf("%s = %q", v.Name(), line), place(v.Pos), what})
		}
	}
	there, _, _ := file.Entries(t.Key...)
	for _, e := range there {
		names = append(names, e.Key)
	}
	return names
}

// plain notes a secret, of each line one.
func (r *reviewed) plain(at registry.Position, what string) {
	for _, f := range r.list {
		if f.File == at.File && f.Line == at.Line && f.Hint == plainHint {
			return
		}
	}
	r.add(severityError, at, plainHint, "a secret in plain text (%s)", what)
}

const plainHint = "loom secret set NAME, and ${secret:NAME} in the registry in its place; then give the old one back to whoever issued it"

// scan runs loom-scan once, over all that was collected.
func (r *reviewed) scan(ctx context.Context, find func() (string, error)) error {
	if len(r.lines) == 0 {
		return nil
	}
	program, err := find()
	if err != nil {
		r.add(severityNote, registry.Position{}, "make install", "secrets in plain text were looked for by the names of variables alone: %v", err)
		return nil
	}
	var text strings.Builder
	for _, l := range r.lines {
		text.WriteString(l.text + "\n")
	}
	found, err := plaintext.Scan(ctx, program, []byte(text.String()))
	if err != nil {
		return err
	}
	for _, f := range found {
		if i := f.Line - 1; i >= 0 && i < len(r.lines) {
			l := r.lines[i]
			what := f.What
			if l.what != "" {
				what = l.what + "; " + what
			}
			r.plain(l.at, what)
		}
	}
	return nil
}

// reviewGenerated looks at all files in generated/, whoever wrote them.
func (opts *ValidateConfigsOptions) reviewGenerated(seen *reviewed) error {
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	registryFile, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	dir := generated.Dir(registryFile.Path, dirs.State)
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		t, known := target.Find(filepath.Base(filepath.Dir(path)))
		if inside, err := filepath.Rel(generated.Configs(dir), path); err != nil || !filepath.IsLocal(inside) || strings.Count(inside, "/") != 2 {
			known = false // PROFILE/CLIENT/FILE is a client's
		}
		if known && !opts.wants(t.ID) || !known && len(opts.Targets) > 0 {
			return nil
		}
		text, ok := seen.read(path)
		if !ok {
			return nil
		}
		seen.generated++
		if known {
			seen.entries(t, path, text, false)
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			seen.lines = append(seen.lines, reviewedLine{strings.TrimRight(line, "\r\n"), registry.Position{File: path, Line: n, Column: 1}, ""})
		}
		return nil
	})
}
