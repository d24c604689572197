package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// sheet is a file, and what becomes of it.
type sheet struct {
	File
	parsed configfile.File
	err    error // it cannot be read
	edits  []configfile.Edit
	lines  []Line
	grown  map[string]int // by how many elements a list has grown in front of what is not visited yet
	added  map[string]int // and how many came behind its last
}

func newSheet(f File) *sheet {
	s := &sheet{File: f, grown: map[string]int{}, added: map[string]int{}}
	if f.Format != "" {
		s.parsed, s.err = configfile.Parse(f.Format, f.Data)
	}
	return s
}

func (s *sheet) at(pos configfile.Position) Place { return Place{s.Path, pos} }

// list are the elements of a list. What is no list is an error of the sheet.
func (s *sheet) list(path ...string) []configfile.Entry {
	if s.err != nil || s.parsed == nil {
		return nil
	}
	elements, _, err := configfile.Elements(s.parsed, path...)
	if err != nil {
		s.err = err
	}
	return elements
}

// members are those of a mapping.
func (s *sheet) members(path ...string) []configfile.Entry {
	if s.err != nil || s.parsed == nil {
		return nil
	}
	entries, _, err := s.parsed.Entries(path...)
	if err != nil {
		s.err = err
	}
	return entries
}

// value is what stands at a path.
func (s *sheet) value(path ...string) (configfile.Entry, bool) {
	entries := s.members(path[:len(path)-1]...)
	i := slices.IndexFunc(entries, func(e configfile.Entry) bool { return e.Key == path[len(path)-1] })
	if i < 0 {
		return configfile.Entry{}, false
	}
	return entries[i], true
}

// set puts a value at a path.
func (s *sheet) set(path []string, value any, line Line) {
	s.edits = append(s.edits, configfile.Edit{Path: path, Value: value})
	s.lines = append(s.lines, line)
}

// change puts a value under a key of element i of a list.
func (s *sheet) change(path []string, i int, key string, value any) {
	at := i + s.grown[strings.Join(path, "\x00")]
	s.edits = append(s.edits, configfile.Edit{Path: append(slices.Clone(path), strconv.Itoa(at), key), Value: value})
}

// replace puts values in the place of element i of a list. Lists are gone through from
// their begin to their end.
func (s *sheet) replace(path []string, i int, values []any, line Line) {
	key := strings.Join(path, "\x00")
	at := func(n int) []string { return append(slices.Clone(path), strconv.Itoa(i+s.grown[key]+n)) }
	if len(values) == 0 {
		s.edits = append(s.edits, configfile.Edit{Path: at(0), Remove: true})
	}
	for n, v := range values {
		s.edits = append(s.edits, configfile.Edit{Path: at(n), Value: v, Insert: n > 0})
	}
	s.grown[key] += len(values) - 1
	s.lines = append(s.lines, line)
}

// add puts values behind the last element of a list, which is made if it is missing.
func (s *sheet) add(path []string, values []any, line Line) {
	key := strings.Join(path, "\x00")
	n := len(s.list(path...)) + s.grown[key] + s.added[key]
	if _, there := s.value(path...); !there && n == 0 {
		s.edits = append(s.edits, configfile.Edit{Path: path, Value: values})
	} else {
		for i, v := range values {
			s.edits = append(s.edits, configfile.Edit{Path: append(slices.Clone(path), strconv.Itoa(n+i)), Value: v, Insert: true})
		}
	}
	s.added[key] += len(values)
	s.lines = append(s.lines, line)
}

// texts are the elements that are texts. The others are left alone.
func texts(elements []configfile.Entry) []string {
	var out []string
	for _, e := range elements {
		if text, ok := e.Value.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// list is a list as a value.
func list(texts ...string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
