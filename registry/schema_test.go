package registry

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// schemas are by the names by which they refer to each other.
func schemas() map[string][]byte {
	return map[string][]byte{"schema.json": Schema(), "policy.schema.json": PolicySchema(), "project.schema.json": ProjectSchema()}
}

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	for name, text := range schemas() {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(name, doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile(name)
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
	schema := compileSchema(t, "schema.json")
	for name, data := range corpus(t, false) {
		if err := schema.Validate(document(t, name, data)); err != nil {
			t.Errorf("%s is refused: %v", name, err)
		}
	}
	if err := schema.Validate(document(t, shippedPath, shippedFile)); err != nil {
		t.Errorf("the shipped file is refused: %v", err)
	}
	for name, data := range corpus(t, true) {
		var doc yaml.Node
		if yaml.Unmarshal(data, &doc) != nil {
			continue // no YAML: an editor says so before it looks at a schema
		}
		err := schema.Validate(asJSON(&doc))
		accepts := bytes.HasPrefix(data, []byte("# schema accepts: "))
		switch {
		case accepts && err != nil:
			t.Errorf("%s is refused, though its first line says otherwise: %v", name, err)
		case !accepts && err == nil:
			t.Errorf("%s is accepted", name)
		case !accepts:
			agreeOnServers(t, schema, name, asJSON(&doc))
		}
	}
}

// agreeOnServers looks at each server of a file alone, since in a file with
// many mistakes one refusal hides what else is accepted.
func agreeOnServers(t *testing.T, schema *jsonschema.Schema, file string, doc any) {
	root, _ := doc.(map[string]any)
	servers, _ := root["servers"].(map[string]any)
	for name, server := range servers {
		alone := map[string]any{"servers": map[string]any{name: server}}
		text, err := json.Marshal(alone) // JSON is YAML
		if err != nil {
			t.Fatal(err)
		}
		_, parseErr := ParseLayer(file, text) // another layer may have the rest
		if schemaErr := schema.Validate(alone); (parseErr == nil) != (schemaErr == nil) {
			t.Errorf("%s, server %q: Parse says %v, the schema %v", file, name, parseErr, schemaErr)
		}
	}
}

func document(t *testing.T, name string, data []byte) any {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return asJSON(&doc)
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
	for name, want := range map[string]keys{"policy.schema.json": policyKeys, "project.schema.json": projectKeys} {
		var other struct{ Properties map[string]json.RawMessage }
		if err := json.Unmarshal(schemas()[name], &other); err != nil {
			t.Fatal(err)
		}
		check(name, other.Properties, want)
	}
	var defaults struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal(schema.Properties["defaults"], &defaults); err != nil {
		t.Fatal(err)
	}
	check("defaults", defaults.Properties, defaultsKeys)
	for def, want := range map[string]keys{"server": serverKeys, "target": targetKeys, "limits": limitKeys, "toolRule": toolKeys, "profile": profileKeys, "client": clientKeys} {
		check(def, schema.Defs[def].Properties, want)
	}
}

// The schemas of policies and projects say the same as their parsers.
func TestSchemasOfOtherFiles(t *testing.T) {
	parsers := map[string]func(data []byte) error{
		"policy.schema.json":  func(data []byte) error { _, err := ParsePolicy("policy.yaml", data); return err },
		"project.schema.json": func(data []byte) error { _, err := ParseProject("/p", data); return err },
	}
	for name, texts := range map[string][]string{
		"policy.schema.json": {
			"version: 1\nservers: [git, \"corp-*\"]\nallow: [\"*__get*\"]\ndeny: [\"*__drop*\"]\ncommands: [\"/usr/bin/*\"]\nurls: [\"https://*.example.com/*\"]\nread_only: true\npinned: enforce\nprojects: deny\n",
			"servers: []\ncommands: []\nurls: []\n", "servers:\n", "allow: []\n", "deny: []\n", "commands: [npx]\n", "urls: [\"https://a\"]\n", "urls: [\"ftp://a/\"]\n",
			"urls: [\"https://me@a/\"]\n", "read_only: 1\n", "pinned: yes\n", "projects: no\n", "profiles: {}\n", "version: 2\n", "commands: [\"*\"]\nurls: [\"*\"]\n",
		},
		"project.schema.json": {
			"version: 1\nservers: {db: {command: ./db, cwd: sub}, git: {from: shipped}}\nallow: [\"*__get*\"]\ndeny: []\nread_only: true\n", "servers:\n", "allow: []\n",
			"servers: {db: {args: [x]}}\n", "servers: {git: {from: shipped, command: x}}\n",
			"servers: {git: {from: shipped, targets: {zed: {command: x}}}}\n", "servers: {git: {from: shipped, targets: {zed: {args: [x]}}}, db: {command: ./x, targets: {zed: {command: ./y, cwd: z}}}}\n",
			"servers: {db: {command: x, tools: {get: {always_allow: true}}}}\n", "servers: {db: {command: x, tools: {get: {always_allow: false}}}}\n", "profiles: {}\n", "servers: {DB: {command: x}}\n", "defaults: {}\n",
		},
	} {
		schema := compileSchema(t, name)
		for _, text := range texts {
			parseErr, schemaErr := parsers[name]([]byte(text)), schema.Validate(document(t, name, []byte(text)))
			if (parseErr == nil) != (schemaErr == nil) {
				t.Errorf("%s, %q: the parser says %v, the schema %v", name, text, parseErr, schemaErr)
			}
		}
	}
}
