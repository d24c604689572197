package registry

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SetClient gives a client a profile, in the text of a registry. What else the
// client's entry says stays, and so do all bytes outside of the lines that are
// touched. Whether there is such a profile only all layers together show.
func SetClient(data []byte, client, profile string) ([]byte, Change, error) {
	before, err := ParseLayer(editPath, data)
	if err != nil {
		return nil, Change{}, err
	}
	for what, name := range map[string]string{"client": client, "profile": profile} {
		if !label.MatchString(name) {
			return nil, Change{}, fmt.Errorf("invalid name of a %s %q: use letters, digits and any of -, . and _", what, name)
		}
	}
	if own, there := before.Clients[client]; there && own.Profile == profile {
		return data, Change{}, nil
	}
	e := newEditor(data)
	d := e.setClient(client, profile)
	if d == nil {
		return nil, Change{}, clientByHand(client, profile)
	}
	after := e.apply(d)
	if verifyClient(before, after, client, profile) != nil {
		return nil, Change{}, clientByHand(client, profile)
	}
	return after, Change{Line: splitLines(after).number(firstDifference(data, after)), What: d.what}, nil
}

func clientByHand(client, profile string) error {
	return fmt.Errorf("giving %s the profile %s: cannot edit the file without disturbing the rest: write %[1]s: %[2]s under clients by hand", client, profile)
}

func verifyClient(before *Registry, after []byte, client, profile string) error {
	got, err := ParseLayer(before.Path, after)
	if err != nil {
		return err
	}
	want := *before
	want.Clients = maps.Clone(before.Clients)
	own := want.Clients[client]
	own.Profile = profile
	want.Clients[client] = own
	if !reflect.DeepEqual(placeless(want), placeless(*got)) {
		return errors.New("something else changed")
	}
	return nil
}

func (e *editor) setClient(client, profile string) *edit {
	_, clients := e.find(e.root, "clients")
	name, own := e.find(clients, client)
	profile = scalarText(profile)
	what := "clients: " + client + ": " + profile
	switch {
	case own == nil:
		return e.addClient(client, profile, `"`+strings.Trim(profile, `"`)+`"`, "added "+what)
	case own.Kind == yaml.MappingNode:
		return e.setProfile(name, own, profile, what)
	case own.Kind == yaml.ScalarNode:
		return e.replaceScalar(own, profile, what)
	}
	return nil
}

// addClient adds an entry to clients, and whatever is missing around it. quoted is
// how JSON writes value.
func (e *editor) addClient(client, value, quoted, what string) *edit {
	key, clients := e.find(e.root, "clients")
	d := &edit{what: what}
	entry, flow := scalarText(client)+": "+value, jsonText(client)+": "+quoted
	switch {
	case e.root == nil || isNull(e.root):
		e.addLines(d, e.text.count(), "version: 1", "clients:", "  "+entry)
	case clients == nil && isFlow(e.root):
		e.addFlow(d, e.root, "clients: {"+entry+"}", `"clients": {`+flow+"}")
	case clients == nil:
		margin := strings.Repeat(" ", e.root.Content[0].Column-1)
		e.addLines(d, e.endOf(nil), margin+"clients:", margin+"  "+entry)
	case isNull(clients) && (isFlow(e.root) || clients.Value != ""):
		return e.fill(key, clients, "{"+entry+"}", "{"+flow+"}", what)
	case isNull(clients):
		e.addLines(d, key.Line, strings.Repeat(" ", key.Column+1)+entry)
	case isFlow(clients):
		e.addFlow(d, clients, entry, flow)
	default:
		e.addLines(d, e.endOf(key), strings.Repeat(" ", clients.Content[0].Column-1)+entry)
	}
	return d
}

// setProfile changes or adds the key in the mapping of a client.
func (e *editor) setProfile(name, own *yaml.Node, profile, what string) *edit {
	if _, value := e.find(own, "profile"); value != nil {
		return e.replaceScalar(value, profile, what)
	}
	if len(own.Content) == 0 {
		return nil
	}
	d := &edit{what: what}
	if isFlow(own) {
		e.addFlow(d, own, "profile: "+profile, `"profile": "`+strings.Trim(profile, `"`)+`"`)
		return d
	}
	e.addLines(d, name.Line, strings.Repeat(" ", own.Content[0].Column-1)+"profile: "+profile)
	return d
}

// replaceScalar changes a value in its place, quotes and all.
func (e *editor) replaceScalar(n *yaml.Node, text, what string) *edit {
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		text = `"` + strings.Trim(text, `"`) + `"`
	}
	return &edit{start: e.text.offset(n), end: e.scalarEnd(n), text: text, what: what}
}

// scalarText is a label as YAML, in quotes where it would be read as a number or
// a word of YAML's own.
func scalarText(label string) string {
	var n yaml.Node
	if yaml.Unmarshal([]byte(label), &n) == nil && len(n.Content) == 1 && n.Content[0].ShortTag() == "!!str" && n.Content[0].Value == label {
		return label
	}
	return `"` + label + `"`
}
