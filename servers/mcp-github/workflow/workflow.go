// Package workflow checks workflow files of GitHub Actions without GitHub, which
// has no API for it: syntax, keys, the jobs that others need, and the form of
// what is used. What an expression means it does not know. It imports nothing of
// ours but the kit.
package workflow

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/loom-core/loom/servers/kit"
)

// Problem is at a place of the file; Line is 0 where it is not known.
type Problem struct {
	Level        string // error or warning
	Line, Column int
	Text         string
}

// Check reads a file. It is good if there is no problem of level error.
func Check(text string) []Problem {
	c := new(checker)
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return []Problem{syntax(err)}
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return []Problem{{Level: "error", Line: 1, Text: "the file is empty"}}
	}
	c.expressions(&doc, 0)
	c.workflow(doc.Content[0])
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return c.problems
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`)

// syntax is an error of the parser, which says the line in its text.
func syntax(err error) Problem {
	text := err.Error()
	p := Problem{Level: "error", Text: text}
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Text = "this is no YAML: " + text[len(m[0]):]
	}
	return p
}

type checker struct{ problems []Problem }

func (c *checker) fail(n *yaml.Node, text string) {
	c.problems = append(c.problems, Problem{"error", n.Line, n.Column, text})
}

// whole follows an alias to what it stands for.
func whole(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// member is a key of a mapping and its value.
type member struct{ key, value *yaml.Node }

// mapping are the members of n by name, in order. Those whose name is not known
// are problems; known is nil where any is good.
func (c *checker) mapping(n *yaml.Node, what string, known []string) (map[string]member, bool) {
	n = whole(n)
	if n.Kind != yaml.MappingNode {
		c.fail(n, what+" is not a mapping of keys and values")
		return nil, false
	}
	out := make(map[string]member)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], whole(n.Content[i+1])
		name := key.Value
		switch {
		case name == "<<" && key.Tag == "!!merge":
			c.fail(key, "GitHub knows no merge keys, <<")
			continue
		case out[name].key != nil:
			c.fail(key, what+" has "+name+" twice, first in line "+strconv.Itoa(out[name].key.Line))
			continue
		case known != nil && !slices.Contains(known, name):
			text := what + " has no key " + strconv.Quote(name)
			if near := kit.Nearest(name, known); near != "" {
				text += ", did you mean " + near + "?"
			}
			c.fail(key, text)
			continue
		}
		out[name] = member{key, value}
	}
	return out, true
}

// list are the values of a scalar or a sequence of them.
func (c *checker) list(n *yaml.Node, what string) (out []*yaml.Node) {
	switch n = whole(n); n.Kind {
	case yaml.ScalarNode:
		return []*yaml.Node{n}
	case yaml.SequenceNode:
		for _, e := range n.Content {
			if e = whole(e); e.Kind != yaml.ScalarNode {
				c.fail(e, what+" is not a list of names")
				continue
			}
			out = append(out, e)
		}
	default:
		c.fail(n, what+" is no name and no list of names")
	}
	return out
}

// maxDepth is far over any file that a person wrote.
const maxDepth = 100

// expressions checks that each ${{ is closed.
func (c *checker) expressions(n *yaml.Node, depth int) {
	if depth > maxDepth {
		c.fail(n, "it is nested too deep")
		return
	}
	if n.Kind == yaml.ScalarNode {
		for rest := n.Value; ; {
			_, after, found := strings.Cut(rest, "${{")
			if !found {
				break
			}
			inside, after, closed := strings.Cut(after, "}}")
			if !closed {
				c.fail(n, "an expression ${{ is not closed with }}")
				break
			}
			if strings.TrimSpace(inside) == "" {
				c.fail(n, "an expression is empty")
			}
			rest = after
		}
	}
	for _, e := range n.Content {
		c.expressions(e, depth+1)
	}
}
