package kit

import (
	"slices"
	"strings"
)

// Fields is embedded in the arguments of a tool whose records can be asked for
// by part: it adds the argument fields. The kit leaves out the other members of
// each record; a handler looks only when there is more to fetch than usual.
type Fields struct{ names []string }

// Wants reports whether a member of the records was asked for by name.
func (f Fields) Wants(name string) bool { return slices.Contains(f.names, name) }

// project leaves the fields of each record, in the order they were asked for. A
// dot goes into an object: metadata.name. The second result are those that no
// record has.
func project(rows []any, fields []string) (out []any, missing []string) {
	found := make(map[string]bool)
	out = make([]any, len(rows))
	for i, row := range rows {
		o, ok := row.(object)
		if !ok {
			return rows, nil // records that are no objects have no parts
		}
		part := object{}
		for _, name := range fields {
			if v, ok := o.at(name); ok {
				found[name] = true
				part = append(part, member{name, v})
			}
		}
		out[i] = part
	}
	for _, name := range fields {
		if !found[name] {
			missing = append(missing, name)
		}
	}
	return out, missing
}

// at is the member that a path leads to. A name with dots of its own goes first.
func (o object) at(path string) (any, bool) {
	for _, m := range o {
		if m.key == path {
			return m.value, true
		}
		if inner, ok := m.value.(object); ok && strings.HasPrefix(path, m.key+".") {
			if v, ok := inner.at(path[len(m.key)+1:]); ok {
				return v, true
			}
		}
	}
	return nil, false
}

// addMissing says which fields no record has, and which there are.
func addMissing(head object, rows []any, missing []string) (object, error) {
	if missing == nil || len(rows) == 0 {
		return head, nil
	}
	objects, _ := table(rows)
	head, err := addMember(head[:len(head):len(head)], "missing_fields", missing)
	if err != nil {
		return nil, err
	}
	return addMember(head, "fields", columnsOf(objects))
}
