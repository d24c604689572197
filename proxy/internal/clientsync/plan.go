package clientsync

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// Scope says whose file it is.
type Scope string

// The scopes.
const (
	User    Scope = "user"
	Project Scope = "project" // in a folder that others have too
)

// Wanted is what a file is to have of ours.
type Wanted struct {
	Target  target.Target
	Path    string
	Scope   Scope
	Format  configfile.Format // empty: the target's
	Entries configfile.Object // by name; empty: nothing, which is unsync

	// Take are entries of the client's own that go, and Edits what else is to be
	// changed: a server is taken over. Moved are the secrets that were found.
	Take  []Take
	Edits []configfile.Edit
	Moved []Moved

	// Seen is the hash of the bytes that Edits were made for, by [HashText]: places in
	// lists are those of that text. Empty: whatever is there.
	Seen string

	// Carried are settings of entries that are taken over, for Loom's own, by its name.
	Carried map[string]configfile.Object
}

// Take is an entry that is taken over. Hash is of what was seen: one that is
// another by now stays.
type Take struct{ Name, Hash string }

func (w Wanted) format() configfile.Format { return cmp.Or(w.Format, w.Target.Format) }

// back reports that everything of ours is to go.
func (w Wanted) back() bool { return len(w.Entries)+len(w.Take)+len(w.Edits) == 0 }

// State is how a file stands to what is wanted.
type State string

// The states.
const (
	InSync       State = "in sync"
	Stale        State = "stale"         // ours, as it was written; something else is wanted now
	Drifted      State = "drifted"       // ours, and it was edited
	Conflict     State = "conflict"      // an entry of that name that is not ours
	Missing      State = "not synced"    // nothing of ours
	NotInstalled State = "not installed" // no such client here
	Unreadable   State = "unreadable"    // the file does not parse, or cannot be read
)

// Change is what becomes of one file.
type Change struct {
	Wanted
	State  State
	Detail string // what is in the way, for Conflict, Drifted and Unreadable
	Before []byte
	After  []byte // the same as Before where nothing is to be done
	Remove bool   // the file was made by Loom and nothing else is in it

	// Left are changes that were made in a client's own values and that cannot be
	// taken back, since somebody else changed these since.
	Left []string

	was    onDisk
	record Record
	holes  []Hole // in After: references that are to become secrets
}

// Shown are the bytes before and after, without the secrets that are moved.
func (c Change) Shown() (before, after []byte) {
	text, holes := punch(string(c.Before), c.Moved)
	before, _ = shown([]byte(text), holes)
	text, holes = punch(string(c.After), c.Moved) // a copy of one may be elsewhere in the file
	after, _ = shown([]byte(text), holes)
	return before, after
}

// None reports that there is nothing to do.
func (c Change) None() bool { return !c.Remove && bytes.Equal(c.Before, c.After) }

// Blocked reports that nothing is done without --force, or at all.
func (c Change) Blocked() bool {
	return c.State == Conflict || c.State == Drifted || c.State == Unreadable
}

// PlanFile says what becomes of a file. With force an entry that is in the way, or
// was edited, is replaced. A file that cannot be read or edited is a change that is
// blocked, with the reason; it is never an error, since the other clients go on.
func PlanFile(l *Ledger, w Wanted, force bool, now time.Time) Change {
	c := Change{Wanted: w}
	fail := func(err error) Change {
		c.State, c.Detail, c.After = Unreadable, place(w.Path, err), c.Before
		return c
	}
	was, err := read(w.Path)
	if err != nil {
		return fail(err)
	}
	c.was, c.Before, c.After = was, was.data, was.data
	record, _ := l.Of(w.Path)
	record, known := record.settled(hashOf(was.data))
	text := was.data
	if was.gone && !w.back() {
		text = []byte(w.Target.New)
	}
	file, err := configfile.Parse(w.format(), text)
	if err != nil {
		return fail(err)
	}
	there, _, err := file.Entries(w.Target.Key...)
	if err != nil {
		return fail(err)
	}
	w.Entries = w.withSettings(record, there)
	c.State, c.Detail = compare(w, record, there)
	if detail := takeable(w, there, was.data); detail != "" && !c.Blocked() {
		c.State, c.Detail = Conflict, detail
	}
	if c.Blocked() && !force {
		return c
	}
	old := wayBack(w, record, file, was.data)
	if known && w.back() {
		return c.goBack(record, file, old)
	}
	after, undo, err := configfile.Change(w.format(), text, append(edits(w, record, file), w.edits()...))
	if err != nil {
		return fail(err)
	}
	c.After = after
	c.record = Record{
		Path: w.Path, Target: w.Target.ID, Scope: string(w.Scope), Format: string(w.Format), Written: now.UTC().Truncate(time.Second),
		Hash: hashOf(after), Exact: true, Entries: map[string]string{}, Settings: map[string]string{}, Created: was.gone, Made: made(w, file),
	}
	for _, m := range c.Wanted.Entries {
		c.record.Entries[m.Key] = hashOurs(m.Value)
		if own := settingsOf(m.Value); own != "" {
			c.record.Settings[m.Key] = own
		}
	}
	if c.record.Shifts, err = shifts(w, file, after); err != nil {
		return fail(err)
	}
	c.record.Shifts = join(record.Shifts, c.record.Shifts)
	c.record.Undo = pastes(after, undo, w.Moved)
	if known && !was.gone {
		c.record.Created = record.Created
		if len(record.Made) > 0 {
			c.record.Made = record.Made
		}
		if c.record.Exact = old.exact; old.exact { // the way back goes on to what was there before the last time
			c.record.Undo = append(c.record.Undo, old.undo...)
		} else { // somebody rewrote the file: the exact way back is lost
			c.record.Undo = nil
		}
	}
	if c.None() && known {
		c.record.Written = record.Written
	}
	return c
}

// compare says how a file stands to what is wanted.
func compare(w Wanted, r Record, there []configfile.Entry) (State, string) {
	find := func(name string) (configfile.Entry, bool) {
		i := slices.IndexFunc(there, func(e configfile.Entry) bool { return e.Key == name })
		if i < 0 {
			return configfile.Entry{}, false
		}
		return there[i], true
	}
	at := func(e configfile.Entry) string { return fmt.Sprintf("%s:%d:%d", w.Path, e.Pos.Line, e.Pos.Column) }
	for name, hash := range r.Entries {
		want, again := w.Entries.Get(name)
		// One that was removed is simply written again: nothing is lost by that.
		if e, ok := find(name); ok && hashOurs(e.Value) != hash && (!again || hashOurs(e.Value) != hashOurs(want)) {
			return Drifted, fmt.Sprintf("%s: the entry %q was edited", at(e), name)
		}
	}
	state := InSync
	for _, m := range w.Entries {
		e, ok := find(m.Key)
		_, ours := r.Entries[m.Key]
		switch {
		case !ok:
			if state = Stale; len(r.Entries) == 0 {
				state = Missing
			}
		case hashEntry(e.Value) == hashEntry(m.Value):
		case !ours:
			return Conflict, fmt.Sprintf("%s: there is an entry %q that Loom did not write", at(e), m.Key)
		default:
			state = Stale
		}
	}
	for name := range r.Entries {
		if _, again := w.Entries.Get(name); !again {
			if _, ok := find(name); ok {
				state = Stale
			}
		}
	}
	return state, ""
}

// edits are what has to be done: what is ours and not wanted any more goes, with
// the mapping around it if Loom made that and nothing else is in it.
func edits(w Wanted, r Record, file configfile.File) []configfile.Edit {
	var out []configfile.Edit
	path := func(name string) []string { return append(slices.Clone(w.Target.Key), name) }
	there, _, _ := file.Entries(w.Target.Key...)
	left := len(there)
	for _, e := range there {
		if _, ours := r.Entries[e.Key]; !ours {
			continue
		}
		if _, again := w.Entries.Get(e.Key); !again {
			out = append(out, configfile.Edit{Path: path(e.Key), Remove: true})
			left--
		}
	}
	for _, m := range w.Entries {
		out = append(out, configfile.Edit{Path: path(m.Key), Value: m.Value})
	}
	if len(w.Entries) == 0 && left == 0 && len(r.Made) > 0 && len(there) > 0 {
		return []configfile.Edit{{Path: r.Made, Remove: true}}
	}
	return out
}

// made is the outermost key on the way to the entries that is not there yet.
func made(w Wanted, file configfile.File) []string {
	for n := range w.Target.Key {
		entries, _, err := file.Entries(w.Target.Key[:n]...)
		if err != nil {
			return nil
		}
		if !slices.ContainsFunc(entries, func(e configfile.Entry) bool { return e.Key == w.Target.Key[n] }) {
			return w.Target.Key[:n+1]
		}
	}
	return nil
}

// place puts the path before an error that has a place in the file.
func place(path string, err error) string {
	var syntax *configfile.SyntaxError
	var shape *configfile.ShapeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("%s:%v", path, syntax)
	case errors.As(err, &shape):
		return fmt.Sprintf("%s:%v", path, shape)
	}
	return err.Error()
}
