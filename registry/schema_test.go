package registry

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON is a document as an editor's validator sees it. Keys are text there.
func asJSON(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return asJSON(n.Content[0])
	case yaml.AliasNode:
		return asJSON(n.Alias)
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			if isMerge(n.Content[i]) {
				for key, value := range asJSON(n.Content[i+1]).(map[string]any) {
					m[key] = value
				}
				continue
			}
			m[n.Content[i].Value] = asJSON(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, child := range n.Content {
			list = append(list, asJSON(child))
		}
		return list
	case 0:
		return nil
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		return json.Number(n.Value)
	}
	return n.Value
}

// The schema is written by hand, so it is held to the same corpus as Parse. A
// bad file that it cannot refuse says so, with the reason, in its first line.
func TestSchemaAgreesWithParse(t *testing.T) {
	schema := compileSchema(t)
	validate := func(data []byte) error {
		var doc yaml.Node
		if err := yaml.Unmarshal(data, &doc); err != nil {
			return err
		}
		return schema.Validate(asJSON(&doc))
	}
	for name, data := range corpus(t, false) {
		if err := validate(data); err != nil {
			t.Errorf("%s is refused: %v", name, err)
		}
	}
	if err := validate(shippedFile); err != nil {
		t.Errorf("the shipped file is refused: %v", err)
	}
	for name, data := range corpus(t, true) {
		err := validate(data)
		if accepts := bytes.HasPrefix(data, []byte("# schema accepts: ")); accepts && err != nil {
			t.Errorf("%s is refused, though its first line says otherwise: %v", name, err)
		} else if !accepts && err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// Every key of a mapping that this version honours is in the schema, and no other.
func TestSchemaKnowsTheKeys(t *testing.T) {
	var schema struct {
		Properties map[string]json.RawMessage
		Defs       map[string]struct{ Properties map[string]json.RawMessage } `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	check := func(what string, got map[string]json.RawMessage, want keys) {
		for _, key := range want.known {
			if _, ok := got[key]; !ok {
				t.Errorf("%s: the schema lacks %q", what, key)
			}
		}
		if len(got) != len(want.known) {
			t.Errorf("%s: the schema has %d keys, want %d", what, len(got), len(want.known))
		}
	}
	check("file", schema.Properties, fileKeys)
	check("server", schema.Defs["server"].Properties, serverKeys)
}
