package registry

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Change is what an edit did. The zero Change is an edit that found nothing to
// do.
type Change struct {
	Server ServerName
	Line   int    // the first line that differs, in the new text
	What   string // for the user: "added git: {from: shipped}"
}

// None reports that the text is as it was.
func (c Change) None() bool { return c == Change{} }

// editPath stands for the file in errors: an edit is given bytes only.
const editPath = "registry.yaml"

// Enable turns a server on in the text of a registry: it adds the entry of a
// shipped server, or takes enabled: false out of an entry that is there. All
// bytes outside the lines it touches stay as they are, comments above all. The
// text must be a valid layer; data is not changed.
func Enable(data []byte, name ServerName) ([]byte, Change, error) {
	before, err := ParseLayer(editPath, data)
	if err != nil {
		return nil, Change{}, err
	}
	e := newEditor(data)
	s, there := before.Server(name)
	switch {
	case there && s.Enabled:
		return data, Change{}, nil
	case there:
		return e.finish(before, name, true, e.dropEnabled(name))
	case slices.Contains(shippedNames(), string(name)):
		return e.finish(before, name, true, e.addShipped(name))
	}
	return nil, Change{}, unknownServer(before, name)
}

// Disable turns a server off: it sets enabled: false in its entry, and the rest
// of the entry stays for the day it is turned on again. A shipped server
// without an entry is off as it is. See [Enable] for what stays the same.
func Disable(data []byte, name ServerName) ([]byte, Change, error) {
	before, err := ParseLayer(editPath, data)
	if err != nil {
		return nil, Change{}, err
	}
	e := newEditor(data)
	s, there := before.Server(name)
	switch {
	case there && s.Enabled:
		return e.finish(before, name, false, e.setDisabled(name))
	case there, slices.Contains(shippedNames(), string(name)):
		return data, Change{}, nil
	}
	return nil, Change{}, unknownServer(before, name)
}

func unknownServer(r *Registry, name ServerName) error {
	known := shippedNames()
	for _, s := range r.Servers {
		known = append(known, string(s.Name))
	}
	slices.Sort(known)
	hint := didYouMean(string(name), known)
	if hint == "" {
		hint = "known are: " + strings.Join(slices.Compact(known), ", ")
	}
	return fmt.Errorf("unknown server %q (%s)", name, hint)
}

// edit replaces data[start:end] by text.
type edit struct {
	start, end int
	text       string
	what       string
}

// editor finds the places in a text that was parsed without problems.
type editor struct {
	data []byte
	eol  string
	text *lines
	root *yaml.Node // nil if there is no document
}

// apply is the text with the edit made.
func (e *editor) apply(d *edit) []byte {
	return slices.Concat(e.data[:d.start], []byte(d.text), e.data[d.end:])
}

func newEditor(data []byte) *editor {
	e := &editor{data: data, eol: "\n", text: splitLines(data)}
	if i := bytes.IndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		e.eol = "\r\n"
	}
	r := &reader{path: editPath, data: data}
	e.root, _ = r.document()
	return e
}

// finish applies the edit and reads the result again. YAML can be written in
// more ways than the edits below know; whatever they get wrong shows here, and
// the user is told what to do instead of finding a file that means something
// else.
func (e *editor) finish(before *Registry, name ServerName, on bool, change *edit) ([]byte, Change, error) {
	if change != nil {
		after := e.apply(change)
		if err := verify(before, after, name, on); err == nil {
			return after, Change{Server: name, Line: splitLines(after).number(firstDifference(e.data, after)), What: change.what}, nil
		}
	}
	return nil, Change{}, e.byHand(before, name, on)
}

func (e *editor) byHand(before *Registry, name ServerName, on bool) error {
	s, there := before.Server(name)
	switch {
	case !there:
		line := 1
		if key, _ := e.find(e.root, "servers"); key != nil {
			line = key.Line
		}
		return fmt.Errorf("enabling %s: cannot edit line %d without disturbing the rest: add %[1]s: {from: shipped} under servers by hand", name, line)
	case on:
		return fmt.Errorf("enabling %s: cannot edit line %d without disturbing the rest: remove enabled: false from the entry by hand", name, s.Pos.Line)
	}
	return fmt.Errorf("disabling %s: cannot edit line %d without disturbing the rest: write enabled: false into the entry by hand", name, s.Pos.Line)
}

// verify reports an error unless after is before with the one server turned on
// or off.
func verify(before *Registry, after []byte, name ServerName, on bool) error {
	got, err := ParseLayer(before.Path, after)
	if err != nil {
		return err
	}
	want := *before
	want.Servers = slices.Clone(before.Servers)
	if _, there := before.Server(name); there {
		for i, s := range want.Servers {
			if s.Name == name { // what a target says of itself stays
				want.Servers[i].Enabled = value(before.targets[name][s.Client].enabled, on)
			}
		}
	} else {
		// An entry with nothing but from: shipped, under the defaults of this file.
		s, there := got.Server(name)
		if !there || !s.Enabled || s.From != "shipped" {
			return errors.New("the entry did not arrive")
		}
		plain := shipped()[name].server(defaults{
			timeout: s.Timeout, idleTimeout: s.IdleTimeout, drain: s.Drain,
			limits:  limits{memory: &s.Limits.Memory, processes: &s.Limits.Processes},
			results: results{text: &s.MaxResult, structured: &s.MaxStructured},
		})
		want.Servers = append(want.Servers, plain)
		slices.SortFunc(want.Servers, byName)
	}
	if !reflect.DeepEqual(placeless(want), placeless(*got)) {
		return errors.New("something else changed")
	}
	return nil
}

// placeless is r without what every edit changes.
func placeless(r Registry) Registry {
	r.Hash, r.origins = "", nil
	servers := make([]Server, len(r.Servers))
	for i, s := range r.Servers {
		s.Pos = Position{}
		s.Tools = slices.Clone(s.Tools)
		for j := range s.Tools {
			s.Tools[j].Pos = Position{}
		}
		servers[i] = s
	}
	r.Servers = servers
	r.targets = placelessTargets(r.targets)
	profiles := map[string]Profile{}
	for name, p := range r.Profiles {
		p.Pos = Position{}
		profiles[name] = p
	}
	r.Profiles = profiles
	return r
}

func placelessTargets(all map[ServerName]map[string]target) map[ServerName]map[string]target {
	out := map[ServerName]map[string]target{}
	for name, targets := range all {
		out[name] = map[string]target{}
		for client, t := range targets {
			t.pos, t.at = Position{}, nil
			out[name][client] = t
		}
	}
	return out
}

func firstDifference(a, b []byte) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return i
}
