package catalog

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// Entry is what is known of one server.
type Entry struct {
	Server       string
	Key          string          // of what the server is; see [Catalog.Known]
	Era          string          // the protocol era that worked
	Version      string          // the revision that was agreed on
	Info         json.RawMessage // serverInfo, as the server wrote it; may be nil
	Capabilities json.RawMessage // as the server wrote them; may be nil
	Instructions string
	Both         bool // it speaks the protocols of both eras
	Asks         bool // it has asked its client for something: it serves one session at a time
	Tools        []Tool
	Prompts      []Tool // by name
	Resources    []Tool // by uri
	Templates    []Tool // by uriTemplate
	Learnt       time.Time
}

// Tool is one definition, raw.
type Tool struct {
	Name string
	Raw  []byte
}

// List is the definitions of one kind.
func (e *Entry) List(k Kind) []Tool { return *e.list(k) }

// SetList puts other definitions of one kind in place. It is for whoever makes
// an entry: one that the catalog has must not be changed.
func (e *Entry) SetList(k Kind, defs []Tool) { *e.list(k) = defs }

func (e *Entry) list(k Kind) *[]Tool {
	return [Kinds]*[]Tool{Tools: &e.Tools, Prompts: &e.Prompts, Resources: &e.Resources, Templates: &e.Templates}[k]
}

// distinct keeps the first of those that have one name: the server could not
// tell them apart either.
func distinct(defs []Tool) []Tool {
	seen := make(map[string]bool, len(defs))
	return slices.DeleteFunc(slices.Clone(defs), func(t Tool) bool {
		twice := seen[t.Name]
		seen[t.Name] = true
		return twice
	})
}

// same reports whether clients see no difference between a and b.
func same(a, b *Entry) bool {
	if a.Instructions != b.Instructions || !bytes.Equal(a.Info, b.Info) || !bytes.Equal(a.Capabilities, b.Capabilities) {
		return false
	}
	for k := range Kind(Kinds) {
		if !slices.EqualFunc(a.List(k), b.List(k), func(a, b Tool) bool { return bytes.Equal(a.Raw, b.Raw) }) {
			return false
		}
	}
	return true
}
