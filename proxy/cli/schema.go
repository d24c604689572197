package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// schema is as much of a tool's inputSchema as a person needs to fill it in.
type schema struct {
	properties []property // in the order of the definition
}

// property is one parameter. types is empty when the schema allows anything.
type property struct {
	name        string
	required    bool
	types       []string
	items       []string // types of an array's elements
	enum        []string // as JSON
	def         string   // the default, as JSON
	description string
}

// rawProperty is a property's schema as far as it is read.
type rawProperty struct {
	Ref         string            `json:"$ref"`
	Type        json.RawMessage   `json:"type"` // a word or a list of them
	Description string            `json:"description"`
	Enum        []json.RawMessage `json:"enum"`
	Const       json.RawMessage   `json:"const"`
	Default     json.RawMessage   `json:"default"`
	Items       json.RawMessage   `json:"items"`
	AnyOf       []json.RawMessage `json:"anyOf"`
	OneOf       []json.RawMessage `json:"oneOf"`
	AllOf       []json.RawMessage `json:"allOf"`
}

// Limits of what is read of one parameter: references may go round in circles,
// and branch while they do.
const (
	maxSchemaDepth = 8
	maxSchemaParts = 200
)

// parseSchema reads what it understands and leaves the rest: the server checks
// the arguments, not we.
func parseSchema(raw json.RawMessage) schema {
	var top struct {
		Properties  json.RawMessage            `json:"properties"`
		Required    []string                   `json:"required"`
		Defs        map[string]json.RawMessage `json:"$defs"`
		Definitions map[string]json.RawMessage `json:"definitions"`
	}
	if json.Unmarshal(raw, &top) != nil {
		return schema{}
	}
	defs := map[string]json.RawMessage{}
	for name, def := range top.Defs {
		defs["#/$defs/"+name] = def
	}
	for name, def := range top.Definitions {
		defs["#/definitions/"+name] = def
	}
	var s schema
	for name, raw := range members(top.Properties) {
		p := property{name: name, required: slices.Contains(top.Required, name)}
		parts := maxSchemaParts
		p.read(raw, defs, 0, &parts)
		s.properties = append(s.properties, p)
	}
	return s
}

func (s schema) property(name string) (property, bool) {
	i := slices.IndexFunc(s.properties, func(p property) bool { return p.name == name })
	if i < 0 {
		return property{}, false
	}
	return s.properties[i], true
}

// members are the members of a JSON object in their order, which a map loses.
func members(object json.RawMessage) func(yield func(string, json.RawMessage) bool) {
	return func(yield func(string, json.RawMessage) bool) {
		dec := json.NewDecoder(bytes.NewReader(object))
		if open, err := dec.Token(); err != nil || open != json.Delim('{') {
			return
		}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return
			}
			var value json.RawMessage
			if dec.Decode(&value) != nil || !yield(name.(string), value) {
				return
			}
		}
	}
}

// read adds what a schema says; parts counts down how many may still be read.
func (p *property) read(raw json.RawMessage, defs map[string]json.RawMessage, depth int, parts *int) {
	var r rawProperty
	if *parts--; *parts < 0 || depth > maxSchemaDepth || json.Unmarshal(raw, &r) != nil {
		return
	}
	if p.description == "" {
		p.description = r.Description
	}
	if p.def == "" {
		p.def = string(r.Default)
	}
	for _, v := range append(r.Enum, r.Const) {
		if len(v) > 0 {
			p.enum = append(p.enum, string(v))
			if len(r.Type) == 0 {
				p.addTypes(typeOf(v))
			}
		}
	}
	p.addTypes(words(r.Type)...)
	if len(r.Items) > 0 {
		var item property
		item.read(r.Items, defs, depth+1, parts)
		p.items = item.types
		if len(p.types) == 0 {
			p.addTypes("array")
		}
	}
	for _, part := range slices.Concat(r.AnyOf, r.OneOf, r.AllOf) {
		p.read(part, defs, depth+1, parts)
	}
	if def, ok := defs[r.Ref]; ok {
		p.read(def, defs, depth+1, parts)
	}
}

func (p *property) addTypes(types ...string) {
	for _, t := range types {
		if !slices.Contains(p.types, t) {
			p.types = append(p.types, t)
		}
	}
}

// words reads "string" and ["string", "null"].
func words(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(raw, &many) == nil {
		return many
	}
	return nil
}

// typeOf is the type of a JSON value in the words of JSON Schema.
func typeOf(value json.RawMessage) string {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return ""
	}
	switch value[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	if bytes.ContainsAny(value, ".eE") {
		return "number"
	}
	return "integer"
}

// typeText is the type for people: "list of string", "integer or null".
func (p property) typeText() string {
	var out []string
	for _, t := range p.types {
		if t == "array" {
			t = "list"
			if len(p.items) > 0 {
				t = "list of " + strings.Join(p.items, " or ")
			}
		}
		out = append(out, oneLine(t))
	}
	if len(out) == 0 {
		return "any"
	}
	return strings.Join(out, " or ")
}

// about is the description with the values to choose from and the default.
func (p property) about() string {
	text := oneLine(p.description)
	var notes []string
	if len(p.enum) > 0 {
		var values []string
		for _, v := range p.enum {
			values = append(values, unquote(v))
		}
		notes = append(notes, "one of "+strings.Join(values, ", "))
	}
	if p.def != "" && p.def != "null" {
		notes = append(notes, "default "+unquote(p.def))
	}
	if len(notes) == 0 {
		return text
	}
	return strings.TrimSpace(text + fmt.Sprintf(" (%s)", oneLine(strings.Join(notes, "; "))))
}

// unquote is a JSON string without its quotes, and any other value as it is.
func unquote(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil && text != "" && text != "null" {
		return text
	}
	return value
}
