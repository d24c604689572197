package clientsync

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// goBack makes of a change one that takes everything of ours out of a file and puts
// back what was taken over. Secrets are references in what it plans; they are looked
// up when it is written.
func (c Change) goBack(r Record, file configfile.File) Change {
	c.record = Record{Path: c.Path}
	if r.Exact && hashOf(c.was.data) == r.Hash {
		if out, holes, ok := rewind(c.was.data, r.Undo); ok {
			c.After, c.holes = shown(out, holes)
			c.Remove = r.Created && len(bytes.TrimSpace(c.After)) == 0
			return c
		}
	}
	// Somebody wrote in between. A mark stands for each secret, until it is known
	// where in the text it is.
	var marked []Hole
	mark := func(h Hole) string {
		marked = append(marked, h)
		return fmt.Sprintf("\ue000%d\ue001", len(marked)-1)
	}
	back, left, err := backward(file, r.Shifts, mark)
	if err == nil {
		c.Left = left
		c.After, _, err = configfile.Change(c.format(), c.was.data, append(edits(c.Wanted, r, file), back...))
	}
	if err != nil {
		c.State, c.Detail, c.After = Unreadable, place(c.Path, err), c.Before
		return c
	}
	var holes []Hole
	for i, h := range marked {
		text := fmt.Sprintf("\ue000%d\ue001", i)
		at := strings.Index(string(c.After), text)
		if at < 0 {
			continue // of something that stays as it is
		}
		holes = append(holes, Hole{At: at, Len: len(text), Secret: h.Secret, JSON: inQuotes(c.After, at)})
	}
	sortHoles(holes)
	c.After, c.holes = shown(c.After, holes)
	return c
}

// ErrSecret is a secret that a file had and that is not to be had now. Nothing was
// written.
var ErrSecret = errors.New("a secret that it had is not to be had")

// filled are the bytes to be written.
func (c Change) filled(l *Ledger) ([]byte, error) {
	if len(c.holes) == 0 {
		return c.After, nil
	}
	var errs []error
	out, _ := fill(c.After, c.holes, func(h Hole) string {
		if l.Reveal == nil {
			errs = append(errs, fmt.Errorf("%s: %w", h.Secret, ErrSecret))
			return ""
		}
		v, err := l.Reveal(h.Secret)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: %w", h.Secret, ErrSecret, err))
			return ""
		}
		return h.source(v)
	})
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("writing %s: %w", c.Path, err)
	}
	if _, err := configfile.Parse(c.format(), out); err != nil {
		return nil, fmt.Errorf("writing %s: with its secrets it would not be valid: %w", c.Path, err)
	}
	return out, nil
}
