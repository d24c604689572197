package contract

import (
	"fmt"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// shape is what several schemas say together of an object or an array: those that
// are all of, one of or any of a schema.
type shape struct {
	members  map[string][]*openapi3.Schema
	required []string // by those that are not alternatives
	others   []*openapi3.Schema
	open     bool // other members may be there
	items    []*openapi3.Schema
}

func newShape(schemas []*openapi3.Schema) shape {
	s := shape{members: map[string][]*openapi3.Schema{}, open: len(schemas) == 0}
	seen := map[*openapi3.Schema]bool{}
	var add func(one *openapi3.Schema, sure bool)
	add = func(one *openapi3.Schema, sure bool) {
		if one == nil || seen[one] {
			return
		}
		seen[one] = true
		for name, ref := range one.Properties {
			s.members[name] = append(s.members[name], ref.Value)
		}
		if sure {
			s.required = append(s.required, one.Required...)
		}
		if one.Items != nil {
			s.items = append(s.items, one.Items.Value)
		}
		parts := slices.Concat(one.AllOf, one.AnyOf, one.OneOf)
		switch extra := one.AdditionalProperties; {
		case extra.Schema != nil:
			s.open, s.others = true, append(s.others, extra.Schema.Value)
		case extra.Has != nil && *extra.Has:
			s.open = true
		case len(one.Properties) == 0 && len(parts) == 0 && (one.Type == nil || one.Type.Includes("object")) && extra.Has == nil:
			s.open = true // it says nothing
		}
		for _, ref := range one.AllOf {
			add(ref.Value, sure)
		}
		for _, ref := range slices.Concat(one.AnyOf, one.OneOf) {
			add(ref.Value, false)
		}
	}
	for _, one := range schemas {
		add(one, true)
	}
	return s
}

// of is what a member may be.
func (s shape) of(name string) []*openapi3.Schema {
	if known := s.members[name]; len(known) > 0 {
		return known
	}
	return s.others
}

// unknown are the paths of members of a value that no schema knows.
func unknown(schemas []*openapi3.Schema, value any, path string) (list []string) {
	switch value := value.(type) {
	case map[string]any:
		s := newShape(schemas)
		for _, name := range slices.Sorted(maps.Keys(value)) {
			at := path + "/" + name
			switch known := s.of(name); {
			case len(known) > 0:
				list = append(list, unknown(known, value[name], at)...)
			case !s.open:
				list = append(list, at)
			}
		}
	case []any:
		items := newShape(schemas).items
		for i, one := range value {
			if len(items) > 0 {
				list = append(list, unknown(items, one, fmt.Sprintf("%s/%d", path, i))...)
			}
		}
	}
	return list
}
