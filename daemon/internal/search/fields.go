package search

import (
	"bytes"
	"encoding/json"
)

// What a word counts by where it stands.
const (
	inName              = 4
	inTitle             = 3
	inServer            = 2
	inDescription       = 1.5
	inParameter         = 1
	inParameterText     = 0.5
	inServerDescription = 0.5
)

// maxNesting bounds how deep parameters are looked for in a schema.
const maxNesting = 8

// weights is how much each term counts in d.
func weights(d Doc) map[string]float64 {
	out := map[string]float64{}
	add := func(text string, weight float64) {
		for _, w := range words(text) {
			out[w] += weight
		}
	}
	add(d.Name, inName)
	add(d.Server, inServer)
	add(d.ServerDescription, inServerDescription)
	var def struct {
		Title       string
		Description string
		Annotations struct{ Title string }
		InputSchema any
	}
	dec := json.NewDecoder(bytes.NewReader(d.Definition))
	dec.UseNumber()
	_ = dec.Decode(&def) // what cannot be read is not found
	if def.Title == "" {
		def.Title = def.Annotations.Title
	}
	add(def.Title, inTitle)
	add(def.Description, inDescription)
	parameters(def.InputSchema, maxNesting, func(name, description string) {
		add(name, inParameter)
		add(description, inParameterText)
	})
	return out
}

// parameters calls yield for each property of a schema and of the schemas in it.
func parameters(schema any, depth int, yield func(name, description string)) {
	if depth == 0 {
		return
	}
	object, _ := schema.(map[string]any)
	properties, _ := object["properties"].(map[string]any)
	for name, p := range properties {
		about, _ := p.(map[string]any)
		description, _ := about["description"].(string)
		yield(name, description)
		parameters(p, depth-1, yield)
	}
	parameters(object["items"], depth-1, yield)
	for _, key := range []string{"anyOf", "oneOf", "allOf"} {
		list, _ := object[key].([]any)
		for _, s := range list {
			parameters(s, depth-1, yield)
		}
	}
	for _, key := range []string{"$defs", "definitions"} {
		defs, _ := object[key].(map[string]any)
		for _, s := range defs {
			parameters(s, depth-1, yield)
		}
	}
}
