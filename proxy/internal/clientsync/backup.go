package clientsync

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// Backups are copies of clients' files from before they were written, in a folder
// that only the user can read. Secrets that were moved into the keyring stand in no
// copy, also in none from before.
type Backups struct {
	Dir string // empty: none are kept
	Now func() time.Time
}

// Backup is one copy. Its text is in a file beside it, with a reference in the place
// of each secret.
type Backup struct {
	ID     string      `json:"id"` // of the time, and the name of both files
	Path   string      `json:"path"`
	Target string      `json:"target"`
	Scope  Scope       `json:"scope"`
	Format string      `json:"format,omitempty"` // empty: the target's
	Time   time.Time   `json:"time"`
	Mode   fs.FileMode `json:"mode"`
	Holes  []Hole      `json:"holes,omitempty"`
}

// keepBackups is how many there are of one file.
const keepBackups = 10

// keep copies what a change is about to replace.
func (b Backups) keep(c Change) error {
	if b.Dir == "" {
		return nil
	}
	if err := b.Scrub(c.Moved); err != nil {
		return err
	}
	if c.was.gone {
		return nil
	}
	now := time.Now().UTC()
	if b.Now != nil {
		now = b.Now()
	}
	made := Backup{Path: c.Path, Target: c.Target.ID, Scope: c.Scope, Format: string(c.Format), Time: now, Mode: c.was.mode}
	text, holes := punch(string(c.was.data), c.Moved)
	var out []byte
	out, made.Holes = shown([]byte(text), holes)
	made.ID = strings.ReplaceAll(now.Format("20060102T150405.000000"), ".", "-") + "-" + hashOf([]byte(c.Path))[:6]
	if err := os.MkdirAll(b.Dir, 0o700); err != nil {
		return fmt.Errorf("backing up %s: %w", c.Path, err)
	}
	if err := b.write(made, out); err != nil {
		return fmt.Errorf("backing up %s: %w", c.Path, err)
	}
	b.prune(c.Path)
	return nil
}

// write puts the description last: without one a copy is none.
func (b Backups) write(made Backup, text []byte) error {
	raw, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{made.ID + ".copy", text}, {made.ID + ".json", append(raw, '\n')}} {
		path := filepath.Join(b.Dir, f.name)
		if err := os.WriteFile(path+".new", f.data, 0o600); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	return nil
}

// List is all copies, the newest first.
func (b Backups) List() ([]Backup, error) {
	names, err := os.ReadDir(b.Dir)
	if b.Dir == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the backups: %w", err)
	}
	var all []Backup
	for _, n := range names {
		id, ok := strings.CutSuffix(n.Name(), ".json")
		if !ok {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(b.Dir, n.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the backups: %w", err)
		}
		var one Backup
		if json.Unmarshal(raw, &one) != nil || one.ID != id {
			continue // cut short, or somebody else's
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Backup) int { return strings.Compare(b.ID, a.ID) })
	return all, nil
}

// text is what a copy holds. The error is that of a copy that is not what its
// description says.
func (b Backups) text(one Backup) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(b.Dir, one.ID+".copy"))
	if err != nil {
		return nil, fmt.Errorf("reading the backup %s: %w", one.ID, err)
	}
	at := 0
	for _, h := range one.Holes {
		if h.At < at || h.At+h.Len > len(data) || string(data[h.At:h.At+h.Len]) != h.reference() {
			return nil, fmt.Errorf("reading the backup %s: it was changed since it was made", one.ID)
		}
		at = h.At + h.Len
	}
	return data, nil
}

// Scrub takes secrets that were moved out of every copy: an older one may have been
// made when they still stood in the file.
func (b Backups) Scrub(moved []Moved) error {
	if len(moved) == 0 {
		return nil
	}
	all, err := b.List()
	if err != nil {
		return err
	}
	for _, one := range all {
		data, err := b.text(one)
		if err != nil {
			continue // nobody will put that back
		}
		if !slices.ContainsFunc(moved, func(m Moved) bool {
			return bytes.Contains(data, []byte(m.Value.Reveal())) || bytes.Contains(data, []byte(escaped(m.Value.Reveal())))
		}) {
			continue
		}
		text, holes := scrub(data, one.Holes, moved)
		one.Holes = holes
		if err := b.write(one, text); err != nil {
			return fmt.Errorf("taking secrets out of the backup %s: %w", one.ID, err)
		}
	}
	return nil
}

// scrub punches more holes into a text that has some.
func scrub(data []byte, old []Hole, moved []Moved) ([]byte, []Hole) {
	blanked, at := fill(data, old, func(h Hole) string { return blank(h.Len) })
	text, more := punch(string(blanked), moved)
	all := append(slices.Clone(at), more...)
	sortHoles(all)
	return shown([]byte(text), all)
}

func (b Backups) prune(path string) {
	all, err := b.List()
	if err != nil {
		return
	}
	n := 0
	for _, one := range all {
		if one.Path != path {
			continue
		}
		if n++; n > keepBackups {
			os.Remove(filepath.Join(b.Dir, one.ID+".json"))
			os.Remove(filepath.Join(b.Dir, one.ID+".copy"))
		}
	}
}

// Restore is the change that puts a copy back. What the ledger says of the file
// goes: what is in the copy is the client's own, but for entries that are still as
// Loom wrote them.
func (b Backups) Restore(l *Ledger, w Wanted, one Backup) (Change, error) {
	c := Change{Wanted: w, State: Stale}
	text, err := b.text(one)
	if err != nil {
		return c, err
	}
	if c.was, err = read(one.Path); err != nil {
		return c, err
	}
	if c.was.gone {
		c.was.mode = one.Mode
	}
	c.Before, c.After, c.holes = c.was.data, text, one.Holes
	c.record = Record{Path: one.Path}
	if r, known := l.Of(one.Path); known {
		c.record = r.within(w, c.After)
	}
	return c, nil
}

// within is what of a record is true of another text of its file: entries that are
// as Loom wrote them, and what was taken over and is not there. The exact way back is
// none any more.
func (r Record) within(w Wanted, text []byte) Record {
	file, err := configfile.Parse(w.format(), text)
	if err != nil {
		return Record{Path: r.Path}
	}
	out := r
	out.Hash, out.Exact, out.Undo = hashOf(text), false, nil
	out.Entries, out.Shifts = map[string]string{}, nil
	there, _, _ := file.Entries(w.Target.Key...)
	for _, e := range there {
		if hash := hashOurs(e.Value); r.Entries[e.Key] == hash {
			out.Entries[e.Key] = hash
		}
	}
	for _, s := range r.Shifts {
		value, there := valueAt(file, s.Path)
		if now, has, err := kept(s.Now); err == nil && there == has && reflect.DeepEqual(value, now) {
			out.Shifts = append(out.Shifts, s)
		}
	}
	return out
}
