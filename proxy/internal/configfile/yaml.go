package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// nameKey is what names an entry where a file has a list in place of a mapping.
const nameKey = "name"

type yamlFile struct {
	data []byte
	root *yaml.Node // nil: nothing but blanks and comments
}

func parseYAML(data []byte) (File, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return &yamlFile{data: data}, nil
	} else if err != nil {
		return nil, yamlError(err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, &SyntaxError{Position{max(second.Line, 1), 1}, "there is a second document behind ---"}
	}
	f := &yamlFile{data: data}
	root := doc.Content[0]
	switch {
	case root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" && root.Value == "":
	case root.Kind != yaml.MappingNode:
		return nil, &SyntaxError{yamlPos(root), "the file holds no mapping"}
	default:
		f.root = root
	}
	return f, nil
}

var yamlPlace = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func yamlError(err error) error {
	what, line := err.Error(), 1
	if m := yamlPlace.FindStringSubmatch(what); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
		what = what[len(m[0]):]
	}
	return &SyntaxError{Position{line, 1}, what}
}

func yamlPos(n *yaml.Node) Position { return Position{max(n.Line, 1), max(n.Column, 1)} }

// find is the node at path, with its key where there is one, and how much of
// path there is.
func (f *yamlFile) find(path []string) (key, at *yaml.Node, depth int, err error) {
	at = f.root
	for depth = 0; at != nil && depth < len(path); depth++ {
		nextKey, next, err := member(at, path[depth])
		switch {
		case err != nil:
			return nil, nil, depth, err
		case next == nil:
			return key, at, depth, nil
		}
		key, at = nextKey, next
	}
	return key, at, depth, nil
}

// member finds one in a mapping, or in a list of mappings that have names. Its
// key is then the whole mapping.
func member(of *yaml.Node, name string) (key, value *yaml.Node, err error) {
	switch {
	case of.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(of.Content); i += 2 {
			if of.Content[i].Value != name {
				continue
			}
			if value != nil {
				return nil, nil, &ShapeError{yamlPos(of.Content[i]), fmt.Sprintf("%q is given twice; remove one of the two", name)}
			}
			key, value = of.Content[i], of.Content[i+1]
		}
	case of.Kind == yaml.SequenceNode:
		for _, item := range of.Content {
			if nameOf(item) == name {
				return item, item, nil
			}
		}
	case !isNothing(of):
		return nil, nil, &ShapeError{yamlPos(of), fmt.Sprintf("no mapping, where %q is to be", name)}
	}
	return key, value, nil
}

func isNothing(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" && n.Value == ""
}

func nameOf(item *yaml.Node) string {
	if item.Kind != yaml.MappingNode {
		return ""
	}
	for i := 0; i+1 < len(item.Content); i += 2 {
		if item.Content[i].Value == nameKey {
			return item.Content[i+1].Value
		}
	}
	return ""
}

func (f *yamlFile) Entries(path ...string) ([]Entry, bool, error) {
	_, at, depth, err := f.find(path)
	if err != nil || at == nil || depth < len(path) {
		return nil, false, err
	}
	entries := []Entry{}
	switch {
	case at.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(at.Content); i += 2 {
			entries = append(entries, Entry{at.Content[i].Value, yamlValue(at.Content[i+1], 0), yamlPos(at.Content[i])})
		}
	case at.Kind == yaml.SequenceNode:
		for _, item := range at.Content {
			if name := nameOf(item); name != "" {
				value, _ := yamlValue(item, 0).(Object)
				value = slices.DeleteFunc(value, func(m Member) bool { return m.Key == nameKey })
				entries = append(entries, Entry{name, value, yamlPos(item)})
			}
		}
	case !isNothing(at):
		return nil, false, &ShapeError{yamlPos(at), fmt.Sprintf("%s is no mapping", strings.Join(path, "."))}
	}
	return entries, true, nil
}

// yamlValue is what a node means. An alias is what it stands for, but not inside
// of itself, nor a hundred deep.
func yamlValue(n *yaml.Node, depth int) any {
	if depth > 100 {
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return yamlValue(n.Alias, depth+10)
	case yaml.MappingNode:
		o := Object{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			o = append(o, Member{n.Content[i].Value, yamlValue(n.Content[i+1], depth+1)})
		}
		return o
	case yaml.SequenceNode:
		list := []any{}
		for _, e := range n.Content {
			list = append(list, yamlValue(e, depth+1))
		}
		return list
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return i
		}
		return Number(n.Value)
	case "!!float":
		return Number(n.Value)
	}
	return n.Value
}
