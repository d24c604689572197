package configfile

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Edit is what becomes of a file. In JSON a path goes into a list too, by the place of
// an element, counted from 0 in the text that the edit before it gave.
type Edit struct {
	Path   []string
	Value  any // what is to be at Path, as in [Member]
	Remove bool
	Insert bool   // Value becomes a new element of a list, in front of the one at Path or behind the last
	Before string // of a new member: the one in front of which it goes, in JSON; empty, or not there: it is the last
}

// Change makes edits, one after the other, and returns the new text and what takes
// them back: lists of splices, each for the text that the one before it gives. The
// text is read again before anybody writes it: if it is not what was there, with
// just the edits made, there is an error and no text. So a file that is written in
// a way that this package has not seen is refused, not broken.
func Change(format Format, data []byte, edits []Edit) (after []byte, undo [][]Splice, err error) {
	f, err := Parse(format, data)
	if err != nil {
		return nil, nil, err
	}
	want, err := tree(f)
	if err != nil {
		return nil, nil, err
	}
	t := wanted{byPlace: format == JSONC}
	for _, e := range edits {
		if !e.Remove && !e.Insert && holds(f, e) {
			continue // however it is written
		}
		var splices []Splice
		switch {
		case e.Remove:
			splices, err = f.Remove(e.Path)
			want = t.without(want, e.Path)
		case e.Insert:
			l, ok := f.(lists)
			if !ok {
				return nil, nil, fmt.Errorf("changing %s: lists are edited in JSON files alone", strings.Join(e.Path, "."))
			}
			splices, err = l.Insert(e.Path, e.Value)
			want = t.insert(want, e.Path, Plain(e.Value))
		default:
			if j, ok := f.(*jsonFile); ok && e.Before != "" {
				splices, err = j.setBefore(e.Path, e.Value, e.Before)
			} else {
				splices, err = f.Set(e.Path, e.Value)
			}
			want = t.put(want, e.Path, Plain(e.Value))
		}
		if err != nil {
			return nil, nil, err
		}
		if len(splices) == 0 {
			continue
		}
		undo = slices.Insert(undo, 0, Inverse(data, splices))
		data = Apply(data, splices)
		if f, err = Parse(format, data); err != nil {
			return nil, nil, fmt.Errorf("changing %s: the result would not be valid: %w", strings.Join(e.Path, "."), err)
		}
	}
	got, err := tree(f)
	if err != nil {
		return nil, nil, err
	}
	if !reflect.DeepEqual(pruned(got), pruned(want)) {
		return nil, nil, fmt.Errorf("changing %s: the way in which the file is written is not understood", strings.Join(edits[len(edits)-1].Path, "."))
	}
	return data, undo, nil
}

// Same reports that two texts say the same, order, comments and empty mappings aside.
func Same(format Format, a, b []byte) bool {
	var trees [2]any
	for i, data := range [][]byte{a, b} {
		f, err := Parse(format, data)
		if err != nil {
			return false
		}
		if trees[i], err = tree(f); err != nil {
			return false
		}
	}
	return reflect.DeepEqual(pruned(trees[0]), pruned(trees[1]))
}

// holds reports that the file says already what an edit is to make it say.
func holds(f File, e Edit) bool {
	entries, _, err := f.Entries(e.Path[:len(e.Path)-1]...)
	if err != nil {
		entries, _, err = Elements(f, e.Path[:len(e.Path)-1]...)
	}
	return err == nil && slices.ContainsFunc(entries, func(there Entry) bool {
		return there.Key == e.Path[len(e.Path)-1] && reflect.DeepEqual(there.Value, e.Value)
	})
}

// tree is all of a file, order aside.
func tree(f File) (any, error) {
	entries, _, err := f.Entries()
	if err != nil {
		return nil, err
	}
	whole := map[string]any{}
	for _, e := range entries {
		whole[e.Key] = Plain(e.Value)
	}
	return whole, nil
}

// Plain is a value whose mappings have no order, and lists of entries that have
// names are mappings.
func Plain(v any) any {
	switch v := v.(type) {
	case Object:
		m := map[string]any{}
		for _, p := range v {
			if p.Value != nil {
				m[p.Key] = Plain(p.Value)
			}
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = Plain(e)
		}
		return list
	}
	return v
}

// pruned is a tree without mappings that hold nothing: in TOML the last table
// that goes takes the one around it along.
func pruned(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	kept := map[string]any{}
	for key, value := range m {
		value = pruned(value)
		if inner, ok := value.(map[string]any); !ok || len(inner) > 0 {
			kept[key] = value
		}
	}
	return kept
}
