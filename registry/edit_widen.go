package registry

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Widen takes patterns out of the lists of a client, in the text of a registry: what
// [Narrow] added. A list that is empty then goes, too, and so does the client if it
// says nothing else. Patterns that are not there are no mistake. See [Enable] for what
// stays the same; comments stay, also those of what goes.
func Widen(data []byte, client string, deny, allow []string) ([]byte, Change, error) {
	before, err := ParseLayer(editPath, data)
	if err != nil {
		return nil, Change{}, err
	}
	own := before.Clients[client]
	has := slices.Concat(own.Allow...)
	drop := func(from, patterns []string) (left, gone []string) {
		goes := func(pattern string) bool { return slices.Contains(patterns, pattern) }
		left = slices.DeleteFunc(slices.Clone(from), goes)
		return left, without(from, left)
	}
	want := Client{Profile: own.Profile}
	want.Deny, deny = drop(own.Deny, deny)
	if has, allow = drop(has, allow); len(has) > 0 {
		want.Allow = [][]string{has}
	}
	rules := clientRules(deny, allow)
	if len(rules) == 0 {
		return data, Change{}, nil
	}
	what := yamlFlow.flow(rules)
	after, gone := widen(data, client, rules)
	if gone {
		err = verifyRules(before, after, client, nil)
	} else {
		err = verifyRules(before, after, client, &want)
	}
	if err != nil {
		return nil, Change{}, fmt.Errorf("widening %s: cannot edit the file without disturbing the rest: take %s out of %[1]s under clients by hand", client, what)
	}
	return after, Change{Line: splitLines(after).number(firstDifference(data, after)), What: "removed clients: " + client + ": " + what}, nil
}

// widen cuts one thing after the other, and reads the text again after each: two
// neighbours in brackets share a comma.
func widen(data []byte, client string, rules []member) (after []byte, gone bool) {
	for {
		e := newEditor(data)
		_, clients := e.find(e.root, "clients")
		key, own := e.find(clients, client)
		if gone = key != nil && (isNull(own) || own.Kind == yaml.MappingNode && len(own.Content) == 0); gone {
			after, _ = e.attempt(e.dropEmpty(clients, key, own))
			return after, true
		}
		next, ok := e.attempt(e.dropRule(own, rules))
		if !ok || len(next) >= len(data) {
			return data, false
		}
		data = next
	}
}

// dropRule takes out the first pattern that has to go, or its list.
func (e *editor) dropRule(own *yaml.Node, rules []member) *edit {
	for _, rule := range rules {
		key, list := e.find(own, rule.key)
		if key == nil {
			continue
		}
		if len(list.Content) == 0 {
			return e.dropEmpty(own, key, list)
		}
		i := slices.IndexFunc(list.Content, func(n *yaml.Node) bool { return slices.Contains(rule.value.([]string), n.Value) })
		if i >= 0 {
			return e.cutItem(list, i)
		}
	}
	return nil
}

// verifyRules reports an error unless after is before with the client as it should be;
// nil is that it is not there. The order of patterns means nothing.
func verifyRules(before *Registry, after []byte, client string, want *Client) error {
	got, err := ParseLayer(before.Path, after)
	if err != nil {
		return err
	}
	is, there := got.Clients[client]
	if there != (want != nil) || there && !reflect.DeepEqual(sortedRules(is), sortedRules(*want)) {
		return errors.New("the client is not as it should be")
	}
	others := func(r Registry) Registry {
		r = placeless(r)
		r.Clients = maps.Clone(r.Clients)
		delete(r.Clients, client)
		return r
	}
	if !reflect.DeepEqual(others(*before), others(*got)) {
		return errors.New("something else changed")
	}
	return nil
}

func sortedRules(c Client) Client {
	c.Deny = slices.Sorted(slices.Values(c.Deny))
	if c.Allow != nil {
		c.Allow = [][]string{slices.Sorted(slices.Values(slices.Concat(c.Allow...)))}
	}
	return c
}
