package registry

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SetInProfile lets a profile have a server of any layer, or one tool of it if tool is not empty,
// or keeps it out, in the text of a registry. It writes what says just that: the
// name in servers where that alone gives it, else a pattern in deny. A rule that
// says more than that is left to the user. See [Enable] for what stays the same.
func SetInProfile(path string, data []byte, profile string, s Server, tool string, on bool) ([]byte, Change, error) {
	before, err := ParseLayer(path, data)
	if err != nil {
		return nil, Change{}, err
	}
	p, name := before.Profiles[profile], s.Name
	e := newEditor(data)
	_, profiles := e.find(e.root, "profiles")
	key, node := e.find(profiles, profile)
	if node == nil || node.Kind != yaml.MappingNode {
		return nil, Change{}, fmt.Errorf("profile %s is not in the file: write it first, under profiles: %[1]s: {servers: [\"*\"]}", profile)
	}
	if p.Gives(s, tool) == on {
		return data, Change{}, nil
	}
	pattern := string(name) + separator + "*"
	if tool != "" {
		pattern = string(name) + separator + tool
	}
	for _, d := range e.profileEdits(key, node, string(name), pattern, tool, on) {
		if d == nil {
			continue
		}
		after := e.apply(d)
		got, err := ParseLayer(path, after)
		if err != nil || got.Profiles[profile].Gives(s, tool) != on {
			continue
		}
		was, is := placeless(*before), placeless(*got)
		delete(was.Profiles, profile)
		delete(is.Profiles, profile)
		if reflect.DeepEqual(was, is) {
			return after, Change{Server: name, Line: splitLines(after).number(firstDifference(data, after)), What: d.what}, nil
		}
	}
	return nil, Change{}, fmt.Errorf("profile %s has other rules for %s: edit it by hand (%s)", profile, strings.TrimSuffix(pattern, separator+"*"), p.Pos)
}

// Gives reports that a profile lets a server, or a tool of it, through, whatever is known
// of the tool: read_only is another question.
func (p Profile) Gives(s Server, tool string) bool {
	p.ReadOnly = false
	if tool == "" {
		for _, pattern := range p.Deny {
			if pattern == string(s.Name)+separator+"*" {
				return false
			}
		}
		return p.Allows(s)
	}
	return p.Allows(s) && p.AllowsTool(s, tool, ToolHint{})
}

// profileEdits are the edits that may do it, the best one first.
func (e *editor) profileEdits(key, node *yaml.Node, name, pattern, tool string, on bool) []*edit {
	_, servers := e.find(node, "servers")
	_, deny := e.find(node, "deny")
	_, allow := e.find(node, "allow")
	if on {
		return []*edit{
			e.withoutItem(deny, pattern, "removed "+pattern+" from deny"),
			e.withItem(allow, pattern, "added "+pattern+" to allow"),
			e.withItem(servers, name, "added "+name+" to servers"),
		}
	}
	edits := []*edit{}
	if tool == "" {
		edits = append(edits, e.withoutItem(servers, name, "removed "+name+" from servers"))
	} else {
		edits = append(edits, e.withoutItem(allow, pattern, "removed "+pattern+" from allow"))
	}
	what := "added " + pattern + " to deny"
	if deny == nil {
		return append(edits, e.headMember(key, node, `deny: ["`+pattern+`"]`, `"deny": ["`+pattern+`"]`, what))
	}
	return append(edits, e.withItem(deny, pattern, what))
}

func (e *editor) withoutItem(list *yaml.Node, text, what string) *edit {
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	i := slices.IndexFunc(list.Content, func(n *yaml.Node) bool { return n.Value == text })
	if i < 0 {
		return nil
	}
	d := e.cutItem(list, i)
	if d != nil {
		d.what = what
	}
	return d
}

// withItem adds an item: first in brackets, last in lines.
func (e *editor) withItem(list *yaml.Node, text, what string) *edit {
	return e.withItems(list, []string{`"` + text + `"`}, what)
}

// withItems adds items that are written as the file needs them.
func (e *editor) withItems(list *yaml.Node, items []string, what string) *edit {
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	if isFlow(list) {
		start := e.text.offset(list) + 1
		text := strings.Join(items, ", ")
		if len(list.Content) > 0 {
			text += ","
			if start < len(e.data) && e.data[start] != '\n' && e.data[start] != '\r' {
				text += " "
			}
		}
		return &edit{start: start, end: start, text: text, what: what}
	}
	last := list.Content[len(list.Content)-1]
	margin := strings.Repeat(" ", e.text.indent(last.Line)) + "- "
	d := &edit{what: what}
	e.addLines(d, last.Line, margin+strings.Join(items, e.eol+margin))
	return d
}
