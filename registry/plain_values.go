package registry

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Value is a variable's or a header's value in a file, as it is written.
type Value struct {
	Name, Text   string
	Pos          Position
	HasReference bool
}

// Values are the values of env and headers in the text of a registry, in the order of
// the file. It makes the most of a file with mistakes: a secret in one is one too.
func Values(path string, data []byte) (values []Value) {
	r := &reader{path: path, data: data}
	root, ok := r.document()
	if !ok || root == nil {
		return nil
	}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			for _, child := range n.Content {
				walk(child)
			}
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if (key.Value == "env" || key.Value == "headers") && value.Kind == yaml.MappingNode {
				for j := 0; j+1 < len(value.Content); j += 2 {
					if isNull(value.Content[j+1]) { // a target takes it out
						continue
					}
					text := value.Content[j+1].Value
					values = append(values, Value{
						Name: value.Content[j].Value, Text: text, Pos: r.pos(value.Content[j+1]),
						HasReference: strings.Contains(text, "${") || strings.Contains(text, "$<"),
					})
				}
				continue
			}
			walk(value)
		}
	}
	walk(root)
	return values
}

// Matches reports whether the rule is for a tool, by the server's own name of it.
func (r ToolRule) Matches(tool string) bool { return matchGlob(r.Pattern, tool) }
