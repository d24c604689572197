package clientsync

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// Shift is a value of the client's own that was changed or taken out. Texts are
// JSON; an empty one means that there was, or is, nothing.
type Shift struct {
	Path  []string `json:"path"`
	Was   string   `json:"was,omitempty"`
	Now   string   `json:"now,omitempty"`
	Holes []Hole   `json:"holes,omitempty"` // in Was
	Next  string   `json:"next,omitempty"`  // the entry that stood behind one that was taken out
}

// edits are those of a takeover. An entry that is another than was seen is no
// business of it.
func (w Wanted) edits() []configfile.Edit {
	var out []configfile.Edit
	for _, t := range w.Take {
		out = append(out, configfile.Edit{Path: append(slices.Clone(w.Target.Key), t.Name), Remove: true})
	}
	return append(out, w.Edits...)
}

// takeable says what is in the way of taking entries over.
func takeable(w Wanted, there []configfile.Entry, data []byte) string {
	if w.Seen != "" && w.Seen != HashText(data) {
		return w.Path + ": the file was changed at the same moment"
	}
	for _, t := range w.Take {
		i := slices.IndexFunc(there, func(e configfile.Entry) bool { return e.Key == t.Name })
		if i >= 0 && hashEntry(there[i].Value) != t.Hash {
			return fmt.Sprintf("%s:%d:%d: the entry %q was changed at the same moment", w.Path, there[i].Pos.Line, there[i].Pos.Column, t.Name)
		}
	}
	return ""
}

// HashText is what [Wanted] has of a file for which edits were made.
func HashText(data []byte) string { return hashOf(data) }

// Hash is what [Take] wants of an entry.
func Hash(value any) string { return hashEntry(value) }

// shifts are what a takeover changes, by value: a file that somebody else writes
// later can be put back in no other way. Of a list all of it is kept.
func shifts(w Wanted, before configfile.File, after []byte) ([]Shift, error) {
	now, err := configfile.Parse(w.format(), after)
	if err != nil {
		return nil, err
	}
	var out []Shift
	for _, e := range w.edits() {
		path := e.Path
		if at := listOn(before, path); at > 0 {
			path = path[:at]
		}
		if slices.ContainsFunc(out, func(s Shift) bool { return slices.Equal(s.Path, path) }) {
			continue
		}
		was, had := valueAt(before, path)
		is, has := valueAt(now, path)
		if had == has && reflect.DeepEqual(was, is) {
			continue
		}
		s := Shift{Path: path}
		if !has {
			s.Next = next(before, path, w.Take)
		}
		if had {
			s.Was, s.Holes = punch(configfile.JSON(was), w.Moved)
			for i := range s.Holes {
				s.Holes[i].JSON = true
			}
		}
		if has {
			s.Now = configfile.JSON(is)
		}
		out = append(out, s)
	}
	return out, nil
}

// next is the first entry behind one that is not taken out, too.
func next(f configfile.File, path []string, taken []Take) string {
	entries, _, err := f.Entries(path[:len(path)-1]...)
	if err != nil {
		return ""
	}
	found := false
	for _, e := range entries {
		if found && !slices.ContainsFunc(taken, func(t Take) bool { return t.Name == e.Key }) {
			return e.Key
		}
		found = found || e.Key == path[len(path)-1]
	}
	return ""
}

// join is what was changed before, and then again.
func join(older, newer []Shift) []Shift {
	out := slices.Clone(older)
	for _, s := range newer {
		i := slices.IndexFunc(out, func(o Shift) bool { return slices.Equal(o.Path, s.Path) })
		if i < 0 {
			out = append(out, s)
		} else {
			out[i].Now = s.Now
		}
	}
	return out
}

// listOn is how much of a path leads to a list, 0 if none is on the way.
func listOn(f configfile.File, path []string) int {
	for n := 1; n < len(path); n++ {
		if v, ok := valueAt(f, path[:n]); ok {
			_, err := strconv.Atoi(path[n]) // in YAML a list may be of entries with names
			if _, list := v.([]any); list && err == nil {
				return n
			}
		}
	}
	return 0
}

func valueAt(f configfile.File, path []string) (any, bool) {
	entries, _, err := f.Entries(path[:len(path)-1]...)
	if err != nil {
		return nil, false
	}
	for _, e := range entries {
		if e.Key == path[len(path)-1] {
			return e.Value, true
		}
	}
	return nil, false
}

// backward are the edits that take shifts back, as far as nobody else changed the
// same. Of a list, what we put in goes and what we took out comes back. left names
// what stays as it is.
func backward(f configfile.File, all []Shift, reveal func(Hole) string) (edits []configfile.Edit, left []string, err error) {
	for _, s := range all {
		value, there := valueAt(f, s.Path)
		was, had, err := s.was(reveal)
		if err != nil {
			return nil, nil, err
		}
		now, has, err := kept(s.Now)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case there == had && reflect.DeepEqual(value, was): // somebody did it
		case there == has && reflect.DeepEqual(value, now):
			if had {
				edits = append(edits, configfile.Edit{Path: s.Path, Value: was, Before: s.Next})
			} else {
				edits = append(edits, configfile.Edit{Path: s.Path, Remove: true})
			}
		default:
			list, ok := swapped(value, was, now)
			if !ok {
				left = append(left, strings.Join(s.Path, "."))
				continue
			}
			edits = append(edits, configfile.Edit{Path: s.Path, Value: list})
		}
	}
	return edits, left, nil
}

// swapped is a list with what was in the place of what now is.
func swapped(value, was, now any) ([]any, bool) {
	list, ok := value.([]any)
	before, ok2 := was.([]any)
	after, ok3 := now.([]any)
	if !ok || !ok2 || !ok3 {
		return nil, false
	}
	has := func(list []any, v any) bool {
		return slices.ContainsFunc(list, func(o any) bool { return reflect.DeepEqual(o, v) })
	}
	var out []any
	for _, v := range list {
		if has(before, v) || !has(after, v) {
			out = append(out, v)
		}
	}
	for _, v := range before {
		if !has(after, v) && !has(out, v) {
			out = append(out, v)
		}
	}
	return out, true
}

func (s Shift) was(reveal func(Hole) string) (any, bool, error) {
	text, _ := fill([]byte(s.Was), s.Holes, reveal)
	return kept(string(text))
}

func kept(text string) (value any, ok bool, err error) {
	if text == "" {
		return nil, false, nil
	}
	value, err = configfile.FromJSON(text)
	return value, err == nil, err
}
