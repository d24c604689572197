package clientsync

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// way is what was in a file before Loom wrote into it, and the steps to there. In
// before there are holes.
type way struct {
	undo   [][]Paste
	before []byte
	holes  []Hole
	exact  bool // else the way is lost
}

// wayBack goes back to what was in a file. When somebody else has written since, what
// Loom wrote is looked for in the text; what comes of it has to say the same as the
// file with everything of ours taken out by value.
func wayBack(w Wanted, r Record, file configfile.File, text []byte) way {
	if !r.Exact {
		return way{}
	}
	back := way{undo: r.Undo}
	changed := hashOf(text) != r.Hash
	if changed {
		var ok bool
		if back.undo, ok = rebase(r.Undo, text); !ok {
			return way{}
		}
	}
	var ok bool
	if back.before, back.holes, ok = rewind(text, back.undo); !ok {
		return way{}
	}
	if changed {
		want, _, left, err := byValue(w, r, file, text)
		got, _ := shown(back.before, back.holes)
		if err != nil || len(left) > 0 || !configfile.Same(w.format(), want, got) {
			return way{}
		}
	}
	back.exact = true
	return back
}

// byValue takes everything of ours out of a file, and puts back what was taken over
// where its kind is.
func byValue(w Wanted, r Record, file configfile.File, text []byte) (after []byte, holes []Hole, left []string, err error) {
	w.Entries, w.Take, w.Edits = nil, nil, nil
	// A mark stands for each secret, until it is known where in the text it is.
	mark := func(i int) string { return fmt.Sprintf("\ue000%d\ue001", i) }
	var marked []Hole
	back, left, err := backward(file, r.Shifts, func(h Hole) string {
		marked = append(marked, h)
		return mark(len(marked) - 1)
	})
	if err != nil {
		return nil, nil, nil, err
	}
	if len(r.Shifts) > 0 {
		r.Made = nil // what comes back may be in the mapping that Loom made
	}
	// What comes back comes first: a list that is empty in between is not known as one.
	if after, _, err = configfile.Change(w.format(), text, append(back, edits(w, r, file)...)); err != nil {
		return nil, nil, nil, err
	}
	for i, h := range marked {
		at := bytes.Index(after, []byte(mark(i)))
		if at < 0 {
			continue // of something that stays as it is
		}
		holes = append(holes, Hole{At: at, Len: len(mark(i)), Secret: h.Secret, JSON: inQuotes(after, at)})
	}
	sortHoles(holes)
	after, holes = shown(after, holes)
	return after, holes, left, nil
}

// goBack makes of a change one that takes everything of ours out of a file and puts
// back what was taken over. Secrets are references in what it plans; they are looked
// up when it is written.
func (c Change) goBack(r Record, file configfile.File, exactly way) Change {
	c.record = Record{Path: c.Path}
	if exactly.exact {
		c.After, c.holes = shown(exactly.before, exactly.holes)
		c.Remove = r.Created && (len(bytes.TrimSpace(c.After)) == 0 || string(c.After) == c.Target.New)
		return c
	}
	var err error
	if c.After, c.holes, c.Left, err = byValue(c.Wanted, r, file, c.was.data); err != nil {
		c.State, c.Detail, c.After = Unreadable, place(c.Path, err), c.Before
	}
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
