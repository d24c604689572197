package registry

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// OverrideFor says in the text of one layer that a client has a server or not, whatever
// holds for others: in its target, or in an entry that says nothing else. What else
// the target says stays. Whether an earlier layer has the server, which an entry that
// is new needs, only all layers together show. See [Enable] for what stays the same.
func OverrideFor(data []byte, name ServerName, client string, on bool) ([]byte, Change, error) {
	before, err := ParseLayer(editPath, data)
	if err != nil {
		return nil, Change{}, err
	}
	if !label.MatchString(client) {
		return nil, Change{}, fmt.Errorf("invalid name of a client %q: use letters, digits and any of -, . and _", client)
	}
	r := &reader{path: editPath}
	if r.serverName(&yaml.Node{Value: string(name)}); len(r.problems) > 0 {
		return nil, Change{}, errors.New(r.problems[0].Message)
	}
	if own := before.targets[name][client].enabled; own != nil && *own == on {
		return data, Change{}, nil
	}
	e := newEditor(data)
	what := fmt.Sprintf("targets: {%s: {enabled: %t}}", yamlKey(client), on)
	if after, ok := e.attempt(e.setTarget(name, client, on)); ok && verifyTarget(before, after, name, client, on) == nil {
		return after, Change{Server: name, Line: splitLines(after).number(firstDifference(data, after)), What: "set " + what}, nil
	}
	if key, _ := e.entry(name); key != nil {
		return nil, Change{}, fmt.Errorf("switching %s for %s: line %d cannot be edited without disturbing the rest: write %s into the entry by hand", name, client, key.Line, what)
	}
	return nil, Change{}, fmt.Errorf("switching %s for %s: the file cannot be edited without disturbing the rest: write %[1]s: {%[3]s} under servers by hand", name, client, what)
}

// setTarget edits the target of that client, or adds one at the head of the others.
func (e *editor) setTarget(name ServerName, client string, on bool) *edit {
	says := []member{{"enabled", on}}
	rule := []member{{client, says}}
	key, entry := e.entry(name)
	targetsKey, targets := e.find(entry, "targets")
	ownKey, own := e.find(targets, client)
	plain, quoted := yamlFlow.flow(rule), jsonFlow.flow(rule)
	inner := func(flow string) string { return flow[1 : len(flow)-1] }
	switch {
	case key == nil:
		all := []member{{"targets", rule}}
		return e.addServer(name, yamlFlow.flow(all), jsonFlow.flow(all))
	case entry.Kind != yaml.MappingNode || len(entry.Content) == 0:
		return nil
	case targetsKey == nil && isFlow(entry):
		return e.headMember(key, entry, "targets: "+plain, `"targets": `+quoted, "")
	case targetsKey == nil:
		return e.addMember(key, entry, "targets", inner(plain), "")
	case isNull(targets):
		return e.fill(targetsKey, targets, plain, quoted, "")
	case ownKey == nil && isFlow(targets):
		d := &edit{}
		e.addFlow(d, targets, inner(plain), inner(quoted))
		return d
	case ownKey == nil:
		return e.headMember(targetsKey, targets, inner(plain), "", "")
	}
	if _, enabled := e.find(own, "enabled"); enabled != nil {
		return &edit{start: e.text.offset(enabled), end: e.scalarEnd(enabled), text: yamlFlow.flow(on)}
	}
	if own.Kind != yaml.MappingNode || len(own.Content) == 0 {
		return nil
	}
	return e.headMember(ownKey, own, inner(yamlFlow.flow(says)), inner(jsonFlow.flow(says)), "")
}

// verifyTarget reports an error unless after is before with that one switch.
func verifyTarget(before *Registry, after []byte, name ServerName, client string, on bool) error {
	got, err := ParseLayer(before.Path, after)
	if err != nil {
		return err
	}
	if s, there := got.ServerFor(client, name); !there || s.Client != client || s.Enabled != on {
		return errors.New("the client does not have the server as it should")
	}
	want, is := placeless(*before), placeless(*got)
	targets := maps.Clone(want.targets[name])
	if targets == nil {
		targets = map[string]target{}
	}
	own := targets[client]
	own.enabled = &on
	targets[client] = own
	want.targets[name] = targets
	_, there := before.Server(name)
	for _, r := range []*Registry{&want, &is} { // the targets are compared as they are written
		r.Servers = slices.DeleteFunc(r.Servers, func(s Server) bool { return s.Name == name && (!there || s.Client == client) })
		for i := range r.Servers {
			if r.Servers[i].Name == name {
				r.Servers[i].Except = without(append(slices.Clone(r.Servers[i].Except), client), nil)
				slices.Sort(r.Servers[i].Except)
			}
		}
	}
	if !reflect.DeepEqual(want, is) {
		return errors.New("something else changed")
	}
	return nil
}
