package contract

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"sigs.k8s.io/yaml"
)

// GitLabEnv names the file with GitLab's description, in Swagger 2.0.
const GitLabEnv = "LOOM_GITLAB_OPENAPI"

// GitLab is the description of GitLab's API that [GitLabEnv] names, with the
// operations of testdata/gitlab.txt. It has no definitions: bodies and answers
// that refer to one are not checked.
func GitLab(t testing.TB) *Description {
	t.Helper()
	file := os.Getenv(GitLabEnv)
	if file == "" {
		t.Skip("needs a copy of GitLab's API description, whose licence keeps it out of the project: " + GitLabEnv + "=FILE make contract")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ops := operations(t, "gitlab.txt")
	d, err := ParseSwagger("gitlab", text, ops)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	d.add(gitLabLacks(t, ops))
	d.loosen()
	d.RequestsOnly = true
	return d
}

// gitLabLacks is a description of ours, of operations that GitLab documents and
// that the copy of its description lacks, or has as they were.
func gitLabLacks(t testing.TB, ops Operations) *Description {
	t.Helper()
	at, err := folder()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(at, "testdata", "gitlab.lacks.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := ParseSwagger("gitlab", text, ops)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return d
}

// add takes over the operations of other, in place of d's own of the same name.
func (d *Description) add(other *Description) {
	ours := other.names()
	d.routes = append(slices.DeleteFunc(d.routes, func(r *route) bool { return slices.Contains(ours, r.name) }), other.routes...)
	d.Missing = d.Listed.without(d.names())
}

// loosen takes back what GitLab's description asks for and GitLab does not. A
// project or a group goes by its path wherever it goes by its number, a branch by
// its name. What an object has to have that need not be there itself, range[start],
// it has only then. Every body is said to be needed; what is in it, is among the
// definitions that are missing.
func (d *Description) loosen() {
	for _, r := range d.routes {
		for _, name := range []string{"id", "branch"} {
			if p := r.inPath[name]; p != nil {
				p.Schema = openapi3.NewSchemaRef("", openapi3.NewStringSchema())
			}
		}
		for name, p := range r.query {
			if strings.Contains(name, "[") {
				p.Required = false
			}
		}
		if b := r.op.RequestBody; b != nil && len(bodyNeeds(b.Value)) == 0 {
			b.Value.Required = false
		}
	}
}

// bodyNeeds are the members that a body has to have.
func bodyNeeds(b *openapi3.RequestBody) []string {
	media := b.Content.Get("application/json")
	if media == nil || media.Schema == nil || media.Schema.Value == nil {
		return nil
	}
	return media.Schema.Value.Required
}

var optional = regexp.MustCompile(`\(([^()]*)\)`)

// spellings are a path with and without its optional parts, which GitLab's
// description has in parentheses: /projects/{id}/(-/)search.
func spellings(path string) []string {
	at := optional.FindStringSubmatchIndex(path)
	if at == nil {
		return []string{path}
	}
	return append(spellings(path[:at[0]]+path[at[1]:]), spellings(path[:at[0]]+path[at[2]:at[3]]+path[at[1]:])...)
}

var definition = regexp.MustCompile(`#/definitions/([A-Za-z0-9_.:-]+)`)

// ParseSwagger reads a Swagger 2.0 document in YAML or JSON. Definitions that it
// refers to and lacks are any value.
func ParseSwagger(name string, document []byte, ops Operations) (*Description, error) {
	var all map[string]any
	if err := yaml.Unmarshal(document, &all); err != nil {
		return nil, fmt.Errorf("reading the description %s: %w", name, err)
	}
	paths, _ := all["paths"].(map[string]any)
	for _, path := range slices.Collect(maps.Keys(paths)) {
		for _, spelled := range spellings(path) {
			paths[spelled] = paths[path]
		}
	}
	kept := map[string]any{}
	for path, methods := range ops.methods() {
		item, ok := paths[path].(map[string]any)
		if !ok {
			continue
		}
		only := map[string]any{}
		for _, key := range append(methods, "parameters") {
			if v, ok := item[key]; ok {
				only[key] = v
			}
		}
		kept[path] = only
	}
	all["paths"] = kept
	small, err := yaml.Marshal(all)
	if err != nil {
		return nil, err
	}
	definitions, _ := all["definitions"].(map[string]any)
	if definitions == nil {
		definitions = map[string]any{}
	}
	for _, found := range definition.FindAllSubmatch(small, -1) {
		if name := string(found[1]); definitions[name] == nil {
			definitions[name] = map[string]any{}
		}
	}
	all["definitions"] = definitions
	if small, err = yaml.Marshal(all); err != nil {
		return nil, err
	}
	var old openapi2.T
	if err := yaml.Unmarshal(small, &old); err != nil {
		return nil, fmt.Errorf("reading the description %s: %w", name, err)
	}
	old.BasePath, old.Host = "", "" // they are in the paths
	doc, err := openapi2conv.ToV3(&old)
	if err != nil {
		return nil, fmt.Errorf("converting the description %s: %w", name, err)
	}
	return newDescription(name, doc, ops)
}
