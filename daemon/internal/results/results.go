// Package results bounds what a tool's result puts in front of a model, and
// loses nothing by it: what was cut stays readable, page by page, through
// loom__read_result and the resources loom://results/<id>.
//
// [Store.Bound] finds the texts of a result by spans and answers with edits of
// the frame; a result within its limits is not decoded, copied or touched. The
// complete result of one that is over goes to a file. The files survive loomd,
// and are limited in size and age.
//
// Who may read a result is not decided here: [Store.Get] says which tool it is
// of, and the session asks its profile.
package results

import (
	"cmp"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a store keeps unless its [Options] say otherwise.
const (
	DefaultMaxBytes = 256 << 20
	DefaultMaxAge   = 24 * time.Hour
)

// DefaultPage is the most text that is handed out at a time, in bytes. A tool
// with a lower cap of its own is read in pages of that.
const DefaultPage = 64 << 10

// Options of [Open]. The zero value means the defaults.
type Options struct {
	MaxBytes int64         // of all files together
	MaxAge   time.Duration // of each
	Log      *slog.Logger  // told what could not be kept; nil: nobody is
}

// Kind is which method a result answers.
type Kind uint8

// The kinds of result that are bounded.
const (
	ToolResult       Kind = iota // of tools/call
	ResourceContents             // of resources/read
)

// View is what of a kept result is read.
type View uint8

// The views. [Store.Put] keeps a result without any text as JSON.
const (
	Text View = iota // its texts, joined with newlines
	JSON             // all of it, as compact JSON
)

// Meta describes a kept result. Whoever puts one fills the first block; the
// store fills the second.
type Meta struct {
	Server string `json:"server"`         // whose it is
	Tool   string `json:"tool,omitempty"` // its own name at the server; empty for a resource
	Name   string `json:"name"`           // what the client asked for: the exposed name, or the URI
	Kind   Kind   `json:"kind,omitempty"`
	View   View   `json:"view,omitempty"`
	Page   int64  `json:"page,omitempty"` // bytes that a client gets at a time; 0: DefaultPage

	ID    string    `json:"-"`
	Time  time.Time `json:"time"`
	Bytes int64     `json:"bytes"` // of the whole result, JSON
	Total int64     `json:"total"` // of what is read

	size int64 // of the file
}

// Media is the MIME type of what is read, taken as a whole.
func (m Meta) Media() string {
	if m.View == JSON {
		return "application/json"
	}
	return "text/plain"
}

// Store keeps results in a folder. It is safe for concurrent use; one process
// has a folder for itself.
type Store struct {
	dir   string
	opts  Options
	write func(file string, parts ...[]byte) error // replaced in tests: a full disk
	now   func() time.Time

	mu   sync.Mutex
	kept []Meta // oldest first
	used int64  // bytes of the files, those that are just being written included
}

// Open indexes the results in dir, which is made when it is missing. The store
// is usable also with an error, which is for the log: then it keeps what it can.
// Files that are not of a store are left alone, broken ones of ours removed.
func Open(dir string, o Options) (*Store, error) {
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	o.MaxAge = cmp.Or(o.MaxAge, DefaultMaxAge)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{dir: dir, opts: o, write: writeFile, now: time.Now}
	if err := s.load(); err != nil {
		return s, fmt.Errorf("opening the folder of kept results: %w", err)
	}
	s.Sweep()
	return s, nil
}

func (s *Store) load() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(s.dir, 0o700); err != nil {
		return err
	}
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	var bad []error
	for _, f := range files {
		match := ours.FindStringSubmatch(f.Name())
		if match == nil || !f.Type().IsRegular() {
			continue
		}
		path := filepath.Join(s.dir, f.Name())
		m, err := readMeta(path)
		if match[2] != "" || err != nil { // a write that did not end, or a file that is broken
			bad = append(bad, os.Remove(path))
			continue
		}
		m.ID = match[1]
		if now := s.now(); m.Time.After(now) {
			m.Time = now // the clock was set back: it must not live for longer
		}
		s.kept = append(s.kept, m)
		s.used += m.size
	}
	slices.SortFunc(s.kept, func(a, b Meta) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID))
	})
	return errors.Join(bad...)
}

// Put keeps a result, raw JSON. An error means that it is not kept; the caller
// says so to the client and fails nothing.
func (s *Store) Put(result []byte, m Meta) (Meta, error) {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	m.ID, m.Time, m.Bytes = names.EncodeToString(id), s.now(), int64(len(result))
	m.Total, m.View = measure(result, m.Kind, m.View)
	if m.Page <= 0 || m.Page > DefaultPage {
		m.Page = DefaultPage
	}
	head, err := m.header()
	if err != nil {
		return Meta{}, fmt.Errorf("keeping the result: %w", err)
	}
	m.size = int64(len(head) + len(result))
	if m.size > s.opts.MaxBytes {
		return Meta{}, fmt.Errorf("it has %d bytes, more than the %d that all kept results may have", len(result), s.opts.MaxBytes)
	}
	s.remove(s.evict(m.size))
	err = s.write(s.file(m.ID), head, result)
	s.mu.Lock()
	if err == nil {
		s.kept = append(s.kept, m)
	} else {
		s.used -= m.size
	}
	s.mu.Unlock()
	if err != nil {
		return Meta{}, fmt.Errorf("keeping the result: %w", err)
	}
	return m, nil
}

// Get describes a kept result. The error is a [*NotFoundError].
func (s *Store) Get(id string) (Meta, error) {
	s.Sweep()
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(id); i >= 0 {
		return s.kept[i], nil
	}
	return Meta{}, s.notFound(id)
}

// Sweep removes what is too old. Every other method does it as well: only who
// wants files gone while nobody calls anything has to.
func (s *Store) Sweep() { s.remove(s.evict(0)) }

// evict forgets what is too old, and the oldest until there is room for size
// bytes more, which it takes. The files are for the caller to remove.
func (s *Store) evict(size int64) []Meta {
	oldest := s.now().Add(-s.opts.MaxAge)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used += size
	var gone int
	for gone < len(s.kept) && (s.used > s.opts.MaxBytes || s.kept[gone].Time.Before(oldest)) {
		s.used -= s.kept[gone].size
		gone++
	}
	out := slices.Clone(s.kept[:gone])
	s.kept = slices.Delete(s.kept, 0, gone)
	return out
}

func (s *Store) remove(old []Meta) {
	for _, m := range old {
		if err := os.Remove(s.file(m.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.opts.Log.Warn("a kept result could not be removed", "err", err)
		}
	}
}

// drop forgets a result whose file is gone or broken, and removes what there is of it.
func (s *Store) drop(m Meta) {
	s.mu.Lock()
	if i := s.find(m.ID); i >= 0 {
		s.used -= s.kept[i].size
		s.kept = slices.Delete(s.kept, i, i+1)
	}
	s.mu.Unlock()
	s.remove([]Meta{m})
}

// find is the index of a result, -1 if there is none. mu is held.
func (s *Store) find(id string) int {
	return slices.IndexFunc(s.kept, func(m Meta) bool { return m.ID == id })
}

// open reads a result that Get found.
func (s *Store) open(m Meta) ([]byte, error) {
	f, err := os.Open(s.file(m.ID))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_, body, err := decode(f)
	if err != nil {
		return nil, err
	}
	result := make([]byte, m.Bytes)
	if _, err := io.ReadFull(body, result); err != nil {
		return nil, err
	}
	return result, nil
}

const suffix = ".result"

// ours matches the names of our files: a result, or one whose writing did not end.
var ours = regexp.MustCompile(`^([a-z2-7]{26})` + regexp.QuoteMeta(suffix) + `(\.new)?$`)

var names = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func (s *Store) file(id string) string { return filepath.Join(s.dir, id+suffix) }
