// Package pin keeps the definitions of tools that a person has approved, in
// pins.json beside the registry, so that a server which later describes a tool
// in other words is noticed: what a model reads is an instruction to it.
//
// The file is meant to be committed and reviewed by a team. It holds the text of
// each definition and not just a hash of it: only with the text can it be shown
// what changed, and a review of the file is a review of what models will read.
// The text is also what is compared, so there is no hash beside it that could say
// something else. Spaces between the parts of a definition do not count;
// everything else does, the order of keys and the spelling of numbers included.
//
// loom writes the file and loomd reads it. The package knows no registry and no
// server: what to do about a definition that changed is decided by its callers.
package pin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// FileName is the name of the file, in the folder of the registry.
const FileName = "pins.json"

// Path is the file that belongs to the registry at registryFile.
func Path(registryFile string) string { return filepath.Join(filepath.Dir(registryFile), FileName) }

// Pins are the approved definitions of some servers. The zero Pins are none.
// Methods that do not change them may be called at the same time.
type Pins struct {
	path    string
	servers map[string]map[string][]byte // server, tool, compact definition
}

// State is what the pins say of a definition.
type State int

// The states of a definition.
const (
	Unpinned State = iota // nothing of its server was approved: there is nothing to compare with
	Same                  // it is what was approved
	Changed               // it differs from what was approved
	New                   // others of its server were approved, but no such tool
)

// String is a word for people.
func (s State) String() string {
	return [...]string{"unpinned", "same", "changed", "new"}[s]
}

// State compares a definition, raw as the server wrote it, with the approved
// one. tool is the server's own name of it.
func (p *Pins) State(server, tool string, raw []byte) State {
	tools, pinned := p.servers[server]
	approved, known := tools[tool]
	switch {
	case !pinned:
		return Unpinned
	case !known:
		return New
	case bytes.Equal(approved, raw): // as they mostly are
		return Same
	}
	now, err := compact(raw)
	if err != nil || !bytes.Equal(approved, now) {
		return Changed
	}
	return Same
}

// Servers are the names of the servers that are pinned, sorted.
func (p *Pins) Servers() []string { return slices.Sorted(maps.Keys(p.servers)) }

// Holder is the id by which the definitions of a server were approved: its own, or
// that of the server in whose place a client has it, as long as it has no pins.
func (p *Pins) Holder(id, base string) string {
	if _, pinned := p.servers[id]; pinned {
		return id
	}
	return base
}

// Definition is the approved definition of a tool, compact. It must not be changed.
func (p *Pins) Definition(server, tool string) (raw json.RawMessage, ok bool) {
	raw, ok = p.servers[server][tool]
	return raw, ok
}

// Difference is how the definitions of a server differ from the approved ones,
// by names of tools, sorted.
type Difference struct{ Added, Removed, Changed []string }

// None reports that they are the same.
func (d Difference) None() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// Diff compares all definitions of a server, raw by the server's own names, with
// the approved ones. Of a server that is not pinned all are added.
func (p *Pins) Diff(server string, defs map[string]json.RawMessage) Difference {
	var d Difference
	for _, tool := range slices.Sorted(maps.Keys(defs)) {
		switch p.State(server, tool, defs[tool]) {
		case Unpinned, New:
			d.Added = append(d.Added, tool)
		case Changed:
			d.Changed = append(d.Changed, tool)
		}
	}
	for _, tool := range slices.Sorted(maps.Keys(p.servers[server])) {
		if _, ok := defs[tool]; !ok {
			d.Removed = append(d.Removed, tool)
		}
	}
	return d
}

// Set approves the definitions of a server, in place of those before. On an
// error, which is a definition that is no JSON object, nothing has changed.
func (p *Pins) Set(server string, defs map[string]json.RawMessage) error {
	tools := make(map[string][]byte, len(defs))
	for _, tool := range slices.Sorted(maps.Keys(defs)) {
		raw, err := compact(defs[tool])
		if err != nil {
			return fmt.Errorf("pinning tool %s of %s: %w", tool, server, err)
		}
		tools[tool] = raw
	}
	if p.servers == nil {
		p.servers = map[string]map[string][]byte{}
	}
	p.servers[server] = tools
	return nil
}

// Remove forgets a server, and reports whether it was pinned.
func (p *Pins) Remove(server string) bool {
	_, pinned := p.servers[server]
	delete(p.servers, server)
	return pinned
}

// compact is a definition without the spaces between its parts.
func compact(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, fmt.Errorf("the definition is no JSON: %w", err)
	}
	if b.Len() == 0 || b.Bytes()[0] != '{' {
		return nil, fmt.Errorf("the definition is no JSON object")
	}
	return b.Bytes(), nil
}
