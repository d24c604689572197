package registry

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Narrow adds patterns of server__tool to what a client may not call, and to what
// alone it may, in the text of a registry. Without allow no such list is begun: it
// would hide all that it does not name. What is there already is not added again. See
// [Enable] for what stays the same.
//
// Entries of a client are not merged: where an earlier layer has one, the entry that
// is written here takes its place, with its profile and its lists.
func Narrow(data []byte, client string, deny, allow []string) ([]byte, Change, error) {
	before, err := ParseLayer(editPath, data)
	if err != nil {
		return nil, Change{}, err
	}
	if err := checkRules(client, deny, allow); err != nil {
		return nil, Change{}, err
	}
	own, there := before.Clients[client]
	if !there {
		own.Profile = DefaultProfile
	}
	deny, allow = without(deny, own.Deny), without(allow, slices.Concat(own.Allow...))
	rules := clientRules(deny, allow)
	if len(rules) == 0 {
		return data, Change{}, nil
	}
	what := yamlFlow.flow(rules)
	want := Client{Profile: own.Profile, Deny: slices.Concat(own.Deny, deny), Allow: own.Allow}
	if len(allow) > 0 {
		want.Allow = [][]string{slices.Concat(slices.Concat(own.Allow...), allow)}
	}
	after, ok := narrow(data, client, rules)
	if !ok || verifyRules(before, after, client, &want) != nil {
		return nil, Change{}, fmt.Errorf("narrowing %s: cannot edit the file without disturbing the rest: write %s into %[1]s under clients by hand", client, what)
	}
	return after, Change{Line: splitLines(after).number(firstDifference(data, after)), What: "added clients: " + client + ": " + what}, nil
}

// clientRules are the lists that have something in them.
func clientRules(deny, allow []string) (rules []member) {
	if len(allow) > 0 {
		rules = append(rules, member{"allow", allow})
	}
	if len(deny) > 0 {
		rules = append(rules, member{"deny", deny})
	}
	return rules
}

// without are the texts that are not among others, each once.
func without(texts, others []string) (out []string) {
	for _, text := range texts {
		if !slices.Contains(others, text) && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// checkRules finds mistakes in what was asked for, which are none of the file.
func checkRules(client string, deny, allow []string) error {
	if !label.MatchString(client) {
		return fmt.Errorf("invalid name of a client %q: use letters, digits and any of -, . and _", client)
	}
	for _, rule := range clientRules(deny, allow) {
		r := &reader{partial: true}
		for _, pattern := range rule.value.([]string) {
			if err := checkGlob(pattern); err != nil {
				return err
			}
			server, _, _ := strings.Cut(pattern, "_")
			if r.toolGlob(&yaml.Node{}, pattern, rule.key, []string{server}); len(r.problems) > 0 {
				return fmt.Errorf("%s (%s)", r.problems[0].Message, r.problems[0].Hint)
			}
		}
	}
	return nil
}

// narrow makes one edit for a client without a mapping, else one for each list.
func narrow(data []byte, client string, rules []member) (after []byte, ok bool) {
	e := newEditor(data)
	_, clients := e.find(e.root, "clients")
	_, own := e.find(clients, client)
	switch {
	case own == nil:
		return e.attempt(e.addClient(client, yamlFlow.flow(rules), jsonFlow.flow(rules), ""))
	case own.Kind == yaml.ScalarNode:
		return e.attempt(e.openScalar(own, "profile", rules))
	}
	for _, rule := range slices.Backward(rules) { // each new one comes to the head
		if data, ok = newEditor(data).addRule(client, rule); !ok {
			return nil, false
		}
	}
	return data, true
}

// attempt makes an edit if there is one.
func (e *editor) attempt(d *edit) (after []byte, ok bool) {
	if d == nil {
		return nil, false
	}
	return e.apply(d), true
}

// openScalar makes a mapping of a value, with the value as its first member.
func (e *editor) openScalar(n *yaml.Node, key string, others []member) *edit {
	start, end := e.text.offset(n), e.scalarEnd(n)
	write := yamlFlow
	if e.isJSON() {
		write = jsonFlow
	}
	return &edit{start: start, end: end, text: "{" + write.key(key) + ": " + string(e.data[start:end]) + ", " + write.flow(others)[1:]}
}

// addRule adds patterns to a list of a client that has a mapping.
func (e *editor) addRule(client string, rule member) (after []byte, ok bool) {
	_, clients := e.find(e.root, "clients")
	name, own := e.find(clients, client)
	key, list := e.find(own, rule.key)
	plain, quoted := yamlFlow.flow(rule.value), jsonFlow.flow(rule.value)
	switch {
	case own == nil || own.Kind != yaml.MappingNode || len(own.Content) == 0:
		return nil, false
	case key == nil:
		return e.attempt(e.headMember(name, own, rule.key+": "+plain, jsonText(rule.key)+": "+quoted, ""))
	case isNull(list):
		return e.attempt(e.fill(key, list, plain, quoted, ""))
	}
	write := yamlFlow
	if e.isJSON() {
		write = jsonFlow
	}
	var items []string
	for _, pattern := range rule.value.([]string) {
		items = append(items, write.text(pattern))
	}
	return e.attempt(e.withItems(list, items, ""))
}
