package registry

import (
	_ "embed"
	"maps"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed registry.yaml
var shippedFile []byte

//go:embed schema.json
var schemaFile []byte

//go:embed policy.schema.json
var policySchemaFile []byte

//go:embed project.schema.json
var projectSchemaFile []byte

// shippedPath is where problems and positions of the embedded file point.
const shippedPath = "shipped registry.yaml"

// Schema is the JSON Schema of registry.yaml, for editors. It knows keys and
// types; what only the whole file shows, like unknown servers in a profile, is
// left to [Parse].
func Schema() []byte { return slices.Clone(schemaFile) }

// PolicySchema is that of policy.yaml. It refers to [Schema] as schema.json.
func PolicySchema() []byte { return slices.Clone(policySchemaFile) }

// ProjectSchema is that of a project's .loom/registry.yaml. It refers to
// [Schema] as schema.json.
func ProjectSchema() []byte { return slices.Clone(projectSchemaFile) }

// Shipped are the templates of Loom's own servers, sorted by name, as they
// would be if enabled with nothing else said. All are off.
func Shipped() []Server {
	d := newDefaults()
	var servers []Server
	for _, name := range shippedNames() {
		s := shipped()[ServerName(name)].server(d)
		s.Enabled = false
		servers = append(servers, s)
	}
	return servers
}

func shippedNames() []string {
	var names []string
	for name := range maps.Keys(shipped()) {
		names = append(names, string(name))
	}
	slices.Sort(names)
	return names
}

// shipped is read by the same code as the user's file, once.
var shipped = sync.OnceValue(func() map[ServerName]entry {
	r := &reader{layer: LayerShipped, path: shippedPath, data: shippedFile}
	entries := map[ServerName]entry{}
	if root, ok := r.document(); ok {
		r.fields(root, "the shipped registry", keys{known: []string{"version", "servers"}}, func(key string, n *yaml.Node) {
			if key != "servers" {
				return
			}
			r.entries(n, key, func(key, v *yaml.Node) {
				r.serverName(key)
				e := r.entry(key, v)
				e.shipped = true
				entries[e.name] = e
			})
		})
	}
	if len(r.problems) > 0 {
		panic("registry: the embedded file is wrong:\n" + newValidationError(r.problems).Error())
	}
	return entries
})
