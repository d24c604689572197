// Package redact takes the values of secrets out of text that Loom shows or
// keeps: what servers write to stderr, loomd's own log, errors, the status, the
// audit log, traces. It never sees a tool's result.
//
// A [Set] knows the values that were handed out, in the forms in which programs
// print them (see forms.go). A value is looked for by its first eight bytes: a
// table says whether any value begins with the eight that were just read, and
// only then something is compared. So text without secrets costs about as much
// as reading it, however many values there are, and nothing while there are none.
//
// Line breaks do not count, neither in a value nor in the text: a key of
// several lines is found whole, and so is base64 that was wrapped. What is read
// in pieces goes through a [Stream], which remembers how the piece before ended.
package redact

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Mask stands where a value was.
const Mask = "[redacted]"

// Shortest is the length from which on a value is masked, in bytes. A shorter one
// would take out half of every text, and is guessed as easily as read.
const Shortest = 8

// maxValues bounds what is remembered. The oldest go first.
const maxValues = 2000

// Set is the values that are known. It is safe for concurrent use. The zero Set
// knows none, and so does nil.
//
// A value stays known until loomd ends, also when no server uses it any more:
// lines that hold it may still come, from a process that drains or out of a
// kept error, and whoever replaced a secret has not always revoked it.
type Set struct {
	mu     sync.Mutex // of those who add
	values []string   // in the order in which they came
	table  atomic.Pointer[table]
}

// table finds the forms that begin with eight given bytes. It is never changed.
type table struct {
	filter [1 << 16 / 64]uint64
	forms  map[uint64][]string // without the eight bytes
}

// Add makes values known. Those that are too short to be masked are left out.
func (s *Set) Add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.values)
	for _, v := range values {
		if Masks(v) && !slices.Contains(s.values, v) {
			s.values = append(s.values, v)
		}
	}
	if len(s.values) == before {
		return
	}
	if len(s.values) > maxValues {
		s.values = slices.Delete(s.values, 0, len(s.values)-maxValues)
	}
	t := &table{forms: map[uint64][]string{}}
	seen := map[string]bool{}
	for _, v := range s.values {
		for _, form := range forms(v) {
			if !seen[form] {
				seen[form] = true
				t.add(form)
			}
		}
	}
	s.table.Store(t)
}

// Masks reports whether a value is long enough to be masked.
func Masks(value string) bool { return len(oneLine(strings.TrimSpace(value))) >= Shortest }

// Active reports whether anything is known.
func (s *Set) Active() bool { return s != nil && s.table.Load() != nil }

func (t *table) add(form string) {
	head := binary.BigEndian.Uint64([]byte(form))
	t.forms[head] = append(t.forms[head], form[Shortest:])
	bit := spread(head)
	t.filter[bit/64] |= 1 << (bit % 64)
}

// spread is where head stands in the filter.
func spread(head uint64) uint64 { return head * 0x9e3779b97f4a7c15 >> 48 }

// Text is text without the values. A value of which only the beginning is there,
// because somebody cut the text, is taken out too.
func (s *Set) Text(text string) string {
	if !s.Active() {
		return text
	}
	stream := Stream{set: s}
	return stream.Text(text)
}

// Texts is Text of each.
func (s *Set) Texts(texts []string) []string {
	if !s.Active() || texts == nil {
		return texts
	}
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = s.Text(text)
	}
	return out
}

// Shows reports whether text holds one of the values.
func (s *Set) Shows(text string) bool { return s.Text(text) != text }
