package registry

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// InUseError is a server that cannot be removed, since something else in the file
// names it: without the server that would be a mistake.
type InUseError struct {
	Server ServerName
	Uses   []Use // at least one, in the order of the file
}

// Use is a place that names a server.
type Use struct {
	Pos  Position
	What string // "profile work: servers"
	Text string // as it is written there
}

func (e *InUseError) Error() string {
	text := fmt.Sprintf("%s is still named:", e.Server)
	for _, u := range e.Uses {
		text += fmt.Sprintf("\n  %s: %s: %q", u.Pos, u.What, u.Text)
	}
	return text
}

// Remove takes the entry of a server out of the text of a registry, with the
// comments right above it that are its own. See [Enable] for what stays the same.
// With prune what names the server goes too, else that is an [*InUseError].
func Remove(path string, data []byte, name ServerName, prune bool) ([]byte, Change, error) {
	before, err := ParseLayer(path, data)
	if err != nil {
		return nil, Change{}, err
	}
	e := newEditor(data)
	key, value := e.entry(name)
	if key == nil {
		return nil, Change{}, unknownServer(before, name)
	}
	uses := e.uses(path, name)
	if slices.Contains(shippedNames(), string(name)) {
		uses = nil // a profile may name a shipped server that is off
	}
	if len(uses) > 0 && !prune {
		return nil, Change{}, &InUseError{Server: name, Uses: uses.places()}
	}
	line := key.Line
	cuts := []*edit{e.cutMember(key, value)}
	for _, u := range uses {
		cuts = append(cuts, e.cutItem(u.list, u.index))
	}
	after, err := e.cutAll(cuts)
	if err != nil {
		return nil, Change{}, fmt.Errorf("removing %s: %w: take its entry at line %d out by hand", name, err, line)
	}
	got, err := ParseLayer(path, after)
	if err != nil {
		return nil, Change{}, fmt.Errorf("removing %s: %w", name, err)
	}
	want := *before
	want.Servers = slices.DeleteFunc(slices.Clone(before.Servers), func(s Server) bool { return s.Name == name })
	was, is := placeless(want), placeless(*got)
	delete(was.targets, name)
	if len(uses) > 0 { // what they say now is another thing
		was.Profiles, was.Clients, is.Profiles, is.Clients = nil, nil, nil, nil
	}
	if !reflect.DeepEqual(was, is) {
		return nil, Change{}, fmt.Errorf("removing %s: line %d cannot be edited without disturbing the rest: take the entry out by hand", name, line)
	}
	return after, Change{Server: name, Line: line, What: "removed " + string(name)}, nil
}

// useNode is a [Use] with its node in the file.
type useNode struct {
	Use
	list  *yaml.Node
	index int
}

// uses are the exact names and patterns of a server in profiles and clients.
// Wild ones are not meant: they stay valid.
func (e *editor) uses(path string, name ServerName) (uses useNodes) {
	look := func(what string, list *yaml.Node, names func(string) bool) {
		if list == nil || list.Kind != yaml.SequenceNode {
			return
		}
		for i, item := range list.Content {
			if names(item.Value) {
				uses = append(uses, useNode{Use{Position{path, item.Line, item.Column}, what, item.Value}, list, i})
			}
		}
	}
	server := func(text string) bool { return text == string(name) }
	tool := func(text string) bool { return strings.HasPrefix(text, string(name)+separator) }
	for _, section := range []string{"profiles", "clients"} {
		_, all := e.find(e.root, section)
		if all == nil || all.Kind != yaml.MappingNode {
			continue
		}
		for i := 0; i+1 < len(all.Content); i += 2 {
			what := strings.TrimSuffix(section, "s") + " " + all.Content[i].Value
			_, servers := e.find(all.Content[i+1], "servers")
			look(what+": servers", servers, server)
			for _, field := range []string{"allow", "deny"} {
				_, list := e.find(all.Content[i+1], field)
				look(what+": "+field, list, tool)
			}
		}
	}
	return uses
}

type useNodes []useNode

func (n useNodes) places() (out []Use) {
	for _, u := range n {
		out = append(out, u.Use)
	}
	return out
}

// errFlow is a way to write that the cuts below do not know.
var errFlow = errors.New("it is written in a way that cannot be edited without disturbing the rest")

// cutAll makes several cuts, none of which may be nil or touch another.
func (e *editor) cutAll(cuts []*edit) ([]byte, error) {
	if slices.Contains(cuts, nil) {
		return nil, errFlow
	}
	slices.SortFunc(cuts, func(a, b *edit) int { return b.start - a.start })
	after := slices.Clone(e.data)
	end := len(after)
	for _, c := range cuts {
		if c.end > end {
			return nil, errFlow
		}
		after = slices.Concat(after[:c.start], []byte(c.text), after[c.end:])
		end = c.start
	}
	return after, nil
}

// cutMember takes a key and its value out: whole lines, or what stands between
// commas in braces.
func (e *editor) cutMember(key, value *yaml.Node) *edit {
	start := e.text.offset(key)
	begin := e.text.begin(key.Line)
	if strings.TrimSpace(strings.TrimPrefix(string(e.data[begin:start]), "\ufeff")) != "" {
		return e.cutFlow(start)
	}
	if e.inFlow(e.root, key) {
		return e.cutFlow(start)
	}
	margin := start - begin
	first := key.Line
	for first > 1 && e.text.indent(first-1) == margin && strings.HasPrefix(string(e.text.of(first-1)), "#") {
		first--
	}
	if first == 1 || first == e.parentLine(key)+1 && first < key.Line { // a comment there may be of the whole
		first = key.Line
	}
	last := key.Line
	for line := key.Line + 1; line <= e.text.count(); line++ {
		if len(e.text.of(line)) == 0 {
			continue
		}
		if e.text.indent(line) <= margin {
			break
		}
		last = line
	}
	return &edit{start: e.text.begin(first), end: e.text.end(last)}
}

// parentLine is the line of the key that holds a member, 0 if that is the file.
func (e *editor) parentLine(key *yaml.Node) (line int) {
	var walk func(n *yaml.Node, at int)
	walk = func(n *yaml.Node, at int) {
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i] == key {
				line = at
			}
			walk(n.Content[i+1], n.Content[i].Line)
		}
	}
	walk(e.root, 0)
	return line
}

// inFlow reports that a node stands inside of braces or brackets.
func (e *editor) inFlow(from, n *yaml.Node) bool {
	if from == nil {
		return false
	}
	for _, child := range from.Content {
		if child == n {
			return isFlow(from)
		}
		if e.inFlow(child, n) {
			return true
		}
	}
	return false
}

// cutItem takes an item out of a list.
func (e *editor) cutItem(list *yaml.Node, index int) *edit {
	item := list.Content[index]
	if isFlow(list) {
		return e.cutFlow(e.text.offset(item))
	}
	d := &edit{start: e.text.begin(item.Line), end: e.text.end(item.Line)}
	line := string(e.data[d.start:d.end])
	if i := strings.LastIndex(line, " #"); i > 0 && !strings.ContainsAny(line[i:], `"'`) { // its comment stays, as a line of its own
		d.text = line[:e.text.indent(item.Line)] + line[i+1:]
	}
	return d
}

// cutFlow takes out what begins at start inside of braces or brackets, with one of
// the commas around it.
func (e *editor) cutFlow(start int) *edit {
	end := e.flowEnd(start)
	if end < 0 {
		return nil
	}
	d := &edit{start: start, end: end}
	for d.end > d.start && (e.data[d.end-1] == ' ' || e.data[d.end-1] == '\n' || e.data[d.end-1] == '\r' || e.data[d.end-1] == '\t') {
		d.end--
	}
	if e.hasComment(d.start, d.end) {
		return nil
	}
	e.takeComma(d)
	return d
}

// hasComment reports a # outside of quotes.
func (e *editor) hasComment(start, end int) bool {
	for i := start; i < end; i++ {
		switch c := e.data[i]; c {
		case '"', '\'':
			i = e.quoteEnd(i)
		case '#':
			return true
		}
	}
	return false
}

// quoteEnd is where the quotes that begin at start end.
func (e *editor) quoteEnd(start int) int {
	i := start + 1
	for i < len(e.data) && e.data[i] != e.data[start] {
		if e.data[start] == '"' && e.data[i] == '\\' {
			i++
		}
		i++
	}
	return i
}

// flowEnd is where a member or an item ends that begins at start: at a comma or a
// closing bracket of the same depth; -1 if there is none.
func (e *editor) flowEnd(start int) int {
	depth := 0
	for i := start; i < len(e.data); i++ {
		switch c := e.data[i]; c {
		case '"', '\'':
			i = e.quoteEnd(i)
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// Cut takes the entry of a server out, for another one in its place: what names the
// server may stay. The text alone may then be no valid registry.
func Cut(data []byte, name ServerName) ([]byte, error) {
	e := newEditor(data)
	key, value := e.entry(name)
	if key == nil {
		return nil, fmt.Errorf("there is no entry %s", name)
	}
	after, err := e.cutAll([]*edit{e.cutMember(key, value)})
	if err != nil {
		return nil, fmt.Errorf("replacing %s: %w: take its entry at line %d out by hand", name, err, key.Line)
	}
	return after, nil
}
