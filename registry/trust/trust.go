// Package trust keeps which registries of projects the user has agreed to, in
// trust.json in the folder of Loom's state. A project's file runs programs, so it
// counts only as the very bytes that the user was shown, and its servers get only
// the secrets and variables that the user was told of.
//
// loom writes the file and loomd reads it. The package asks nobody anything.
package trust

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// FileName is the name of the file, in the folder of Loom's state.
const FileName = "trust.json"

// Entry is what the user agreed to for one project.
type Entry struct {
	Hash    string    `json:"sha256"`            // of the file's bytes, in hex
	Secrets []string  `json:"secrets,omitempty"` // names that its servers may have
	Env     []string  `json:"env,omitempty"`
	Time    time.Time `json:"time"`
	// File is the text that was agreed to, to show what changed since. It holds
	// no secret that the project's file does not.
	File string `json:"file,omitempty"`
}

// State is what the user said of a project's file.
type State int

// The states of a file.
const (
	Unknown State = iota // nobody was asked
	Trusted              // it is what the user agreed to
	Changed              // it is not any more
)

// String is a word for people.
func (s State) String() string { return [...]string{"unknown", "trusted", "changed"}[s] }

// Store is the file's content. The zero Store trusts nothing. Methods that do
// not change it may be called at the same time.
type Store struct {
	path    string
	entries map[string]Entry // by folder of the project
}

// State compares the file of a project, by its hash, with what was agreed to.
func (s *Store) State(dir, hash string) State {
	e, known := s.entries[dir]
	switch {
	case !known:
		return Unknown
	case e.Hash != hash || hash == "":
		return Changed
	}
	return Trusted
}

// Entry is what the user agreed to for a project. It must not be changed.
func (s *Store) Entry(dir string) (Entry, bool) {
	e, ok := s.entries[dir]
	return e, ok
}

// Dirs are the projects that the user agreed to, sorted.
func (s *Store) Dirs() []string { return slices.Sorted(maps.Keys(s.entries)) }

// Trust notes that the user agreed.
func (s *Store) Trust(dir string, e Entry) {
	if s.entries == nil {
		s.entries = map[string]Entry{}
	}
	s.entries[dir] = e
}

// Untrust takes it back, and reports whether there was anything to take back.
func (s *Store) Untrust(dir string) bool {
	_, known := s.entries[dir]
	delete(s.entries, dir)
	return known
}

// CheckDir returns an error for a folder whose path a person cannot read as it
// is: notes and questions about a project name it, to people and to models, and
// whoever made the repository chose the names of the folders in it.
func CheckDir(dir string) error {
	if !utf8.ValidString(dir) || strings.ContainsFunc(dir, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("the path of the project %q has characters that cannot be seen; rename the folder", dir)
	}
	return nil
}

// Command is what a user types to be asked about a project.
func Command(dir string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-+:,@%", r)
	}
	if strings.ContainsFunc(dir, func(r rune) bool { return !plain(r) }) {
		dir = "'" + strings.ReplaceAll(dir, "'", `'\''`) + "'"
	}
	return "loom trust " + dir
}
