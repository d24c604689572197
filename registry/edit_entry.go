package registry

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// find is a key of a mapping, and its value.
func (e *editor) find(n *yaml.Node, name string) (key, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

func (e *editor) entry(name ServerName) (key, value *yaml.Node) {
	_, servers := e.find(e.root, "servers")
	return e.find(servers, string(name))
}

func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// setDisabled turns enabled: true over, or adds the key at the head of the
// entry: there it needs no knowledge of where values end.
func (e *editor) setDisabled(name ServerName) *edit {
	key, entry := e.entry(name)
	if entry == nil || len(entry.Content) == 0 {
		return nil
	}
	if _, value := e.find(entry, "enabled"); value != nil {
		start := e.text.offset(value)
		return &edit{start: start, end: start + len(value.Value), text: "false", what: "set enabled: false"}
	}
	first := entry.Content[0]
	if isFlow(entry) {
		start := e.text.offset(entry) + 1
		for start < len(e.data) && e.data[start] == ' ' {
			start++
		}
		text := "enabled: false,"
		if first.Style&yaml.DoubleQuotedStyle != 0 { // JSON stays JSON
			text = `"enabled": false,`
		}
		if start < len(e.data) && e.data[start] != '\n' && e.data[start] != '\r' {
			text += " "
		}
		return &edit{start: start, end: start, text: text, what: "set enabled: false"}
	}
	// Under the line of the name, so that comments above the first key stay with it.
	at := e.text.end(key.Line)
	return &edit{start: at, end: at, text: strings.Repeat(" ", first.Column-1) + "enabled: false" + e.eol, what: "set enabled: false"}
}

// dropEnabled takes the key enabled out.
func (e *editor) dropEnabled(name ServerName) *edit {
	_, entry := e.entry(name)
	key, value := e.find(entry, "enabled")
	if value == nil || key.Line != value.Line {
		return nil
	}
	return e.drop(entry, e.text.offset(key), e.text.offset(value)+len(value.Value), "removed enabled: false")
}

// drop takes a member of a mapping out. A comment on its line stays, as a line of
// its own.
func (e *editor) drop(of *yaml.Node, start, end int, what string) *edit {
	d := &edit{start: start, end: end, what: what}
	if isFlow(of) {
		e.takeComma(d)
	}
	// With nothing else on the line the line goes too.
	first, last := e.text.number(start), e.text.number(end)
	begin := e.text.begin(first)
	if alone := len(bytes.TrimSpace(e.data[begin:d.start])) == 0; !alone || !e.text.restBlank(d.end) {
		return d
	}
	if rest := e.data[d.end:e.text.end(last)]; len(bytes.TrimSpace(rest)) > 0 {
		d.end += len(rest) - len(bytes.TrimLeft(rest, " \t"))
		return d
	}
	d.start, d.end = begin, e.text.end(last)
	return d
}

// takeComma widens d by one comma beside it: the one before with its blanks if
// that is on the same line, else the one after. A comma that stays before the
// closing brace is allowed in YAML.
func (e *editor) takeComma(d *edit) {
	head := bytes.TrimRight(e.data[:d.start], " \t")
	if bytes.HasSuffix(head, []byte(",")) {
		d.start = len(head) - 1
		return
	}
	tail := bytes.TrimLeft(e.data[d.end:], " \t")
	if bytes.HasPrefix(tail, []byte(",")) {
		d.end = len(e.data) - len(bytes.TrimLeft(tail[1:], " \t"))
	}
}
