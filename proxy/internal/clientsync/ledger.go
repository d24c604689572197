package clientsync

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// Ledger is what was written into which file, and the way back.
type Ledger struct {
	path    string
	Files   []Record // sorted by path
	Backups Backups  // of what was there before each writing

	// Reveal is the value of a secret that was moved out of a file. Without it such
	// a file cannot be put back.
	Reveal func(name string) (secret.Value, error)
}

// Record is what is ours in one file.
type Record struct {
	Path    string    `json:"path"`
	Target  string    `json:"target"`
	Scope   string    `json:"scope"`            // user or project
	Format  string    `json:"format,omitempty"` // empty: the target's
	Written time.Time `json:"written"`

	Hash     string            `json:"hash"`               // of the whole file as it was written
	Entries  map[string]string `json:"entries"`            // hash of each entry of ours, by its name, without settings
	Settings map[string]string `json:"settings,omitempty"` // what of the user's settings Loom wrote, as JSON, by the entry's name
	Created  bool              `json:"created,omitempty"`  // there was no file
	Made     []string          `json:"made,omitempty"`     // the mapping around the entries that was not there, from its outermost key
	Shifts   []Shift           `json:"shifts,omitempty"`   // what else was changed, for when Undo cannot be used
	Undo     [][]Paste         `json:"undo,omitempty"`     // the newest first
	Exact    bool              `json:"exact"`              // Undo gives what was there before, as long as it is found

	// Pending is a record that was saved before its file was written, and Previous
	// what held until then: which of the two is true, the file's hash says.
	Pending  bool    `json:"pending,omitempty"`
	Previous *Record `json:"previous,omitempty"`
}

// settled is the record that is true of a file with these bytes.
func (r Record) settled(hash string) (Record, bool) {
	for r.Pending && r.Hash != hash {
		if r.Previous == nil {
			return Record{}, false
		}
		r = *r.Previous
	}
	r.Pending, r.Previous = false, nil
	return r, !r.nothing()
}

// nothing reports that nothing of ours is in the file, and nothing of its own is
// kept.
func (r Record) nothing() bool { return len(r.Entries) == 0 && len(r.Shifts) == 0 }

// Paste undoes a part of what was written. It is a splice that can be kept.
type Paste struct {
	Start  int     `json:"start"`
	End    int     `json:"end"`
	Text   string  `json:"text"`
	Holes  []Hole  `json:"holes,omitempty"` // in Text
	Here   string  `json:"here"`            // what it replaces: Loom's own words
	Around [2]byte `json:"around"`
}

// OpenLedger reads the ledger at path. One that is missing is empty; one that
// cannot be read is an error, since without it nobody knows what is ours.
func OpenLedger(path string) (*Ledger, error) {
	l := &Ledger{path: path, Backups: Backups{Dir: filepath.Join(filepath.Dir(path), "backups")}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what was synced: %w", err)
	}
	var file struct {
		Version int      `json:"version"`
		Files   []Record `json:"files"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("reading what was synced: %s: %w; move the file away to begin anew (Loom's entries then count as yours)", path, err)
	}
	if file.Version != 1 {
		return nil, fmt.Errorf("reading what was synced: %s has version %d, this loom knows 1; update loom", path, file.Version)
	}
	l.Files = file.Files
	return l, nil
}

// Of is the record of a file; ok is false when nothing of ours is in it.
func (l *Ledger) Of(path string) (r Record, ok bool) {
	for _, r := range l.Files {
		if r.Path == path {
			return r, true
		}
	}
	return Record{}, false
}

// put replaces the record of a file, or removes it when nothing is ours any more.
func (l *Ledger) put(r Record) {
	l.Files = slices.DeleteFunc(l.Files, func(old Record) bool { return old.Path == r.Path })
	if r.nothing() {
		return
	}
	at, _ := slices.BinarySearchFunc(l.Files, r, func(a, b Record) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	l.Files = slices.Insert(l.Files, at, r)
}

// Save writes the ledger, 0600.
func (l *Ledger) Save() error {
	raw, err := json.MarshalIndent(map[string]any{"version": 1, "files": l.Files}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing what was synced: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o700); err != nil {
		return fmt.Errorf("writing what was synced: %w", err)
	}
	tmp := l.path + ".new"
	if err := os.WriteFile(tmp, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing what was synced: %w", err)
	}
	return os.Rename(tmp, l.path)
}

// hashOurs is of an entry of ours, in which the user may set what is the user's to set.
func hashOurs(entry any) string { return hashEntry(target.Essence(entry)) }

// hashEntry is of what an entry means: how it is written does not count, nor the
// order of its keys.
func hashEntry(o any) string {
	raw, err := json.Marshal(configfile.Plain(o))
	if err != nil {
		panic(fmt.Sprintf("clientsync: %v", err)) // texts, numbers, mappings
	}
	return hashOf(raw)
}
