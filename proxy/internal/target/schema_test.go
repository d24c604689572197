package target

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// process and address ask for all that an entry can have.
var (
	process = Launch{
		Name: "loom", Command: "/bin/loom", Args: []string{"proxy", "--client", "x"}, Env: []Var{{"A", "b"}},
		Description: "what it is for", AlwaysAllow: []string{"loki__query"},
	}
	address = Launch{
		Name: "remote", URL: "https://example.com/mcp", Headers: []Var{{"Authorization", "Bearer x"}},
		Description: "what it is for", AlwaysAllow: []string{"query"},
	}
)

// documented are the schemas of the clients that are known by their documentation,
// by client: testdata/schema has them, each with its source.
func documented(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	schemas := map[string]*jsonschema.Schema{}
	for _, target := range All() {
		if target.Proof != Documented {
			continue
		}
		text, err := os.ReadFile(filepath.Join("testdata", "schema", target.ID+".json"))
		if err != nil {
			t.Errorf("%s is said to be documented: %v", target.ID, err)
			continue
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", target.ID, err)
		}
		if source, _ := doc.(map[string]any)["$comment"].(string); !strings.Contains(source, "202") {
			t.Errorf("%s: the schema does not say what it is from, and of when", target.ID)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(target.ID, doc); err != nil {
			t.Fatal(err)
		}
		if schemas[target.ID], err = c.Compile(target.ID); err != nil {
			t.Fatal(err)
		}
	}
	return schemas
}

// What is written is what the documentation says that the client reads, and
// nothing that it does not name.
func TestDocumentedEntries(t *testing.T) {
	for id, schema := range documented(t) {
		target, _ := Find(id)
		inFolder := process
		inFolder.Cwd = "/srv"
		written := 0
		for name, l := range map[string]Launch{"process": process, "in a folder": inFolder, "address": address} {
			o := target.Entry(l)
			if o == nil {
				continue // it has no words for it
			}
			written++
			if err := schema.Validate(fileOf(t, target, o)); err != nil {
				t.Errorf("%s, %s: %v", id, name, err)
			}
		}
		if written == 0 || target.Entry(process) == nil {
			t.Errorf("%s: no process can be written", id)
		}
	}
}

// The forms that generators of such files got wrong are none.
func TestDocumentedRefuses(t *testing.T) {
	schemas := documented(t)
	for id, texts := range map[string][]string{
		"vscode": {
			`{"mcpServers": {"loom": {"type": "stdio", "command": "loom"}}}`,
			`{"servers": {"loom": {"command": "loom"}}}`,
			`{"servers": {"loom": {"type": "stdio", "command": "loom", "disabled": false}}}`,
			`{"servers": {"loom": {"type": "stdio", "command": "loom", "alwaysAllow": []}}}`,
		},
		"claude-desktop": {`{"mcpServers": {"loom": {"url": "https://example.com"}}}`, `{"mcpServers": {"loom": {"type": "stdio", "command": "loom"}}}`},
		"cursor":         {`{"servers": {"loom": {"type": "stdio", "command": "loom"}}}`, `{"mcpServers": {"loom": {"type": "", "url": "https://example.com"}}}`},
		"windsurf":       {`{"mcpServers": {"loom": {"httpUrl": "https://example.com"}}}`, `{"mcpServers": {"loom": {"command": "loom", "cwd": "/"}}}`},
		"zed": {
			`{"mcpServers": {"loom": {"command": "loom"}}}`,
			`{"context_servers": {"loom": {"command": {"path": "loom", "arguments": []}}}}`,
			`{"context_servers": {"loom": {"type": "http", "url": "https://example.com"}}}`,
		},
		"cline": {`{"mcpServers": {"loom": {"url": "https://example.com"}}}`, `{"mcpServers": {"loom": {"command": "loom", "timeout": 60000}}}`, `{"mcpServers": {"loom": {"command": "loom", "alwaysAllow": []}}}`},
		"roo":   {`{"mcpServers": {"loom": {"url": "https://example.com"}}}`, `{"mcpServers": {"loom": {"type": "http", "url": "https://example.com"}}}`, `{"mcpServers": {"loom": {"command": "loom", "timeout": 60000}}}`},
	} {
		for _, text := range texts {
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if schemas[id].Validate(doc) == nil {
				t.Errorf("%s: the schema has nothing against %s", id, text)
			}
		}
	}
}

// fileOf is a file of the client's that holds nothing but an entry.
func fileOf(t *testing.T, target Target, o configfile.Object) any {
	t.Helper()
	text, _, err := configfile.Change(target.Format, nil, []configfile.Edit{{Path: append(target.Key, "loom"), Value: o}})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
