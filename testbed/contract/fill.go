package contract

import (
	"encoding/json"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Fill adds to an answer of an operation what its schema requires and value lacks:
// null where that is allowed, else the least that fits. A stand-in says what it
// knows, and the description adds the rest. What has no schema stays as it is.
func (d *Description) Fill(operation string, status int, value any) any {
	schema := d.answer(operation, status)
	if schema == nil {
		return value
	}
	return fill([]*openapi3.Schema{schema}, plainJSON(value))
}

// answer is the schema of an operation's answer, nil if there is none.
func (d *Description) answer(operation string, status int) *openapi3.Schema {
	i := slices.IndexFunc(d.routes, func(r *route) bool { return r.name == operation })
	if i < 0 {
		return nil
	}
	schema, _ := d.routes[i].schema(status)
	return schema
}

// plainJSON is a value as encoding/json reads it.
func plainJSON(value any) (out any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // a stand-in answers with what has no JSON
	}
	if err := json.Unmarshal(text, &out); err != nil {
		panic(err)
	}
	return out
}

func fill(schemas []*openapi3.Schema, value any) any {
	switch value := value.(type) {
	case map[string]any:
		// One of several: the first that fits when it is filled.
		for _, one := range schemas {
			options := alternatives(one)
			for _, option := range options {
				filled := fill([]*openapi3.Schema{option}, clone(value))
				if option.VisitJSON(filled) == nil && len(unknown([]*openapi3.Schema{option}, filled, "")) == 0 {
					value = filled.(map[string]any)
					break
				}
			}
		}
		s := newShape(schemas)
		for name, v := range value {
			value[name] = fill(s.of(name), v)
		}
		for _, name := range s.required {
			if _, there := value[name]; !there && len(s.of(name)) > 0 {
				value[name] = least(s.of(name)[0])
			}
		}
		return value
	case []any:
		s := newShape(schemas)
		for i, one := range value {
			value[i] = fill(s.items, one)
		}
		return value
	}
	return value
}

func clone(v map[string]any) map[string]any { return plainJSON(v).(map[string]any) }

// least is the smallest value that fits a schema.
func least(schema *openapi3.Schema) any {
	if schema.Nullable {
		return nil
	}
	if text, ok := schema.Example.(string); ok && schema.VisitJSON(text) == nil {
		return text
	}
	if len(schema.Enum) > 0 {
		return schema.Enum[0]
	}
	switch {
	case schema.Type == nil:
	case schema.Type.Includes("array"):
		return []any{}
	case schema.Type.Includes("boolean"):
		return false
	case schema.Type.Includes("integer"), schema.Type.Includes("number"):
		if schema.Min != nil {
			return *schema.Min
		}
		return 0.0
	case schema.Type.Includes("string"):
		return leastString(schema)
	}
	for _, ref := range slices.Concat(schema.OneOf, schema.AnyOf) {
		return least(ref.Value)
	}
	if len(schema.AllOf) == 1 {
		return least(schema.AllOf[0].Value)
	}
	return fill([]*openapi3.Schema{schema}, map[string]any{})
}

func leastString(schema *openapi3.Schema) string {
	switch schema.Format {
	case "date-time":
		return "2026-11-01T10:00:00Z"
	case "date":
		return "2026-11-01"
	case "uri", "uri-template":
		return "https://service.test/"
	case "email":
		return "someone@service.test"
	}
	if schema.MinLength > 0 {
		return "none"
	}
	return ""
}
