package configfile

import (
	"fmt"
	"slices"
)

// Object is a mapping whose order counts.
type Object []Member

// Member is one pair of an [Object]. Value is a string, a bool, nil, an int64, a
// [Number], a []any of these, or an Object.
type Member struct {
	Key   string
	Value any
}

// Number is a number that is no int64, or not to be changed, as it is written.
type Number string

// Get is the value of a key, and whether there is one.
func (o Object) Get(key string) (value any, ok bool) {
	for _, m := range o {
		if m.Key == key {
			return m.Value, true
		}
	}
	return nil, false
}

// With is the mapping with another value for one key, at its place or as the last.
func (o Object) With(key string, value any) Object {
	out := slices.Clone(o)
	for i, m := range out {
		if m.Key == key {
			out[i].Value = value
			return out
		}
	}
	return append(out, Member{key, value})
}

// Entry is a member of a mapping in a file.
type Entry struct {
	Key   string
	Value any // as in [Member]
	Pos   Position
}

// Position is a place in a file; both count from 1, columns in bytes.
type Position struct{ Line, Column int }

// Quote writes a text as JSON does, and TOML in its basic strings.
func Quote(text string) string { return quote(text) }

// JSON writes a value on one line, in the order that it has.
func JSON(v any) string { return jsonText(v, "", "", "\n") }

// FromJSON reads what [JSON] wrote.
func FromJSON(text string) (any, error) {
	f, err := Parse(JSONC, []byte(`{"value":`+text+`}`))
	if err != nil {
		return nil, err
	}
	entries, _, err := f.Entries()
	if err != nil || len(entries) != 1 {
		return nil, fmt.Errorf("reading a value: %w", err)
	}
	return entries[0].Value, nil
}
