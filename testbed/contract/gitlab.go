package contract

import (
	"fmt"
	"os"
	"regexp"
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
	d, err := ParseSwagger("gitlab", text, operations(t, "gitlab.txt"))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	d.pathsAsIDs()
	return d
}

// pathsAsIDs lets a project or a group be named by its path wherever it can be
// named by its number. GitLab takes both everywhere, and its description says so
// of some operations only.
func (d *Description) pathsAsIDs() {
	for _, r := range d.routes {
		if p := r.inPath["id"]; p != nil {
			p.Schema = openapi3.NewSchemaRef("", openapi3.NewStringSchema())
		}
	}
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
