package registry

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// fill writes a value for a key that has none; quoted is how JSON writes it.
func (e *editor) fill(key, value *yaml.Node, plain, quoted, what string) *edit {
	if e.isJSON() {
		plain = quoted
	}
	if value.Value != "" { // null, or ~
		return &edit{start: e.text.offset(value), end: e.scalarEnd(value), text: plain, what: what}
	}
	at := e.colon(key)
	if at < 0 {
		return nil
	}
	return &edit{start: at, end: at, text: " " + plain, what: what}
}

// colon is the byte behind the colon of a key, -1 if it is not right behind the key.
func (e *editor) colon(key *yaml.Node) int {
	at := e.scalarEnd(key)
	for at < len(e.data) && (e.data[at] == ' ' || e.data[at] == '\t') {
		at++
	}
	if at >= len(e.data) || e.data[at] != ':' {
		return -1
	}
	return at + 1
}

// scalarEnd is the byte behind a scalar of one line.
func (e *editor) scalarEnd(n *yaml.Node) int {
	start := e.text.offset(n)
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		return min(e.quoteEnd(start)+1, len(e.data))
	}
	return min(start+len(n.Value), len(e.data))
}

// dropEmpty takes a member out that holds nothing any more: no value, or a pair of
// brackets. See [editor.drop].
func (e *editor) dropEmpty(of, key, value *yaml.Node) *edit {
	end := e.emptyEnd(key, value)
	if end < 0 {
		return nil
	}
	return e.drop(of, e.text.offset(key), end, "")
}

func (e *editor) emptyEnd(key, value *yaml.Node) int {
	switch {
	case isNull(value) && value.Value == "":
		return e.colon(key)
	case isNull(value):
		return e.scalarEnd(value)
	}
	start := e.text.offset(value) + 1
	closing := bytes.IndexAny(e.data[start:], "]}")
	if closing < 0 || len(bytes.TrimSpace(e.data[start:start+closing])) > 0 {
		return -1 // a comment between the brackets
	}
	return start + closing + 1
}
