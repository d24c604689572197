package review

import (
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/snippet"
	"github.com/loom-core/loom/proxy/internal/target"
)

// Value is a text in an entry.
type Value struct {
	Entry string
	Key   string // with those around it, as env.API_KEY
	Text  string
	Pos   configfile.Position // of the innermost key
	Plain bool                // by its name or its shape it is a secret
}

// Name is the innermost key, which is what the text is a value of.
func (v Value) Name() string { return v.Key[strings.LastIndexByte(v.Key, '.')+1:] }

// Values are all texts in the entries of a client's file, in its order.
func Values(t target.Target, file configfile.File) ([]Value, error) {
	entries, _, err := file.Entries(t.Key...)
	if err != nil {
		return nil, err
	}
	var values []Value
	for _, e := range entries {
		if _, ok := e.Value.(configfile.Object); !ok {
			continue
		}
		w := walker{file: file, entry: e.Key, values: &values}
		if err := w.walk(append(slices.Clone(t.Key), e.Key), nil); err != nil {
			return nil, err
		}
	}
	return values, nil
}

type walker struct {
	file   configfile.File
	entry  string
	values *[]Value
}

// namesOf are keys that hold names of variables, and no values.
var namesOf = []string{"env_vars", "env_keys", "env_http_headers", "bearer_token_env_var", "envFile"}

// walk adds the texts of the mapping at path; inner are its keys within the entry.
func (w walker) walk(path, inner []string) error {
	members, _, err := w.file.Entries(path...)
	if err != nil {
		return err
	}
	for _, m := range members {
		if slices.Contains(namesOf, m.Key) {
			continue
		}
		key := append(slices.Clone(inner), m.Key)
		add := func(text string, plain bool) {
			*w.values = append(*w.values, Value{w.entry, strings.Join(key, "."), text, m.Pos, plain})
		}
		switch value := m.Value.(type) {
		case string:
			add(value, snippet.IsPlain(m.Key, value) && m.Key != "command" && m.Key != "cmd")
		case configfile.Object:
			if err := w.walk(append(slices.Clone(path), m.Key), key); err != nil {
				return err
			}
		case []any:
			before := ""
			for _, element := range value {
				text, _ := element.(string)
				add(text, snippet.IsPlainArgument(before, text))
				before = text
			}
		}
	}
	return nil
}
