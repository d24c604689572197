package registry

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SetTool says in the text of one layer that a tool of a server is on or off, by
// the server's own name of it, whatever earlier layers say. See [Enable] for what
// stays the same.
func SetTool(data []byte, name ServerName, tool string, on bool) ([]byte, Change, error) {
	before, err := ParseLayer(editPath, data)
	if err != nil {
		return nil, Change{}, err
	}
	if err := checkGlob(tool); err != nil || isGlob(tool) {
		return nil, Change{}, fmt.Errorf("%q is not the name of one tool", tool)
	}
	s, there := before.Server(name)
	if i := slices.IndexFunc(s.Tools, func(r ToolRule) bool { return r.Pattern == tool }); i >= 0 && s.Tools[i].Enabled != nil && s.ToolEnabled(tool) == on {
		return data, Change{}, nil // it says so itself
	}
	e := newEditor(data)
	what := fmt.Sprintf("set tools: {%s: {enabled: %t}}", tool, on)
	if after, change, ok := e.tryTool(before, name, tool, on, what); ok {
		return after, change, nil
	}
	if !there {
		return nil, Change{}, fmt.Errorf("%s__%s: the file cannot be edited without disturbing the rest: write %s: {%s} under servers by hand", name, tool, name, strings.TrimPrefix(what, "set "))
	}
	return nil, Change{}, fmt.Errorf("%s__%s: line %d cannot be edited without disturbing the rest: write %s into the entry by hand, below the other rules", name, tool, s.Pos.Line, strings.TrimPrefix(what, "set "))
}

// tryTool makes the edit and reads the result again: nothing may have changed but
// what the rules of this server say of this tool.
func (e *editor) tryTool(before *Registry, name ServerName, tool string, on bool, what string) ([]byte, Change, bool) {
	d := e.setTool(name, tool, on, what)
	if d == nil {
		return nil, Change{}, false
	}
	after := e.apply(d)
	got, err := ParseLayer(editPath, after)
	if err != nil {
		return nil, Change{}, false
	}
	was, is := placeless(*before), placeless(*got)
	now, ok := got.Server(name)
	if !ok || now.ToolEnabled(tool) != on {
		return nil, Change{}, false
	}
	old, there := before.Server(name)
	if !sameOtherRules(placelessRules(old.Tools), placelessRules(now.Tools), tool) {
		return nil, Change{}, false
	}
	for _, r := range []*Registry{&was, &is} {
		r.Servers = slices.DeleteFunc(r.Servers, func(s Server) bool { return s.Name == name && !there })
		for i := range r.Servers {
			if r.Servers[i].Name == name {
				r.Servers[i].Tools = nil
			}
		}
	}
	if !reflect.DeepEqual(was, is) {
		return nil, Change{}, false
	}
	return after, Change{Server: name, Line: splitLines(after).number(firstDifference(e.data, after)), What: d.what}, true
}

func placelessRules(rules []ToolRule) []ToolRule {
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i].Pos = Position{}
	}
	return rules
}

// sameOtherRules compares rules without what they say of one tool being enabled.
func sameOtherRules(a, b []ToolRule, tool string) bool {
	others := func(rules []ToolRule) []ToolRule {
		var out []ToolRule
		for _, r := range rules {
			if r.Pattern == tool {
				r.Enabled = nil
			}
			if !reflect.DeepEqual(r, ToolRule{Pattern: tool}) {
				out = append(out, r)
			}
		}
		return out
	}
	return reflect.DeepEqual(others(a), others(b))
}

// setTool edits the rule of that very name, or adds one below the others: the last
// one that matches counts.
func (e *editor) setTool(name ServerName, tool string, on bool, what string) *edit {
	key, entry := e.entry(name)
	if key == nil { // an earlier layer has the server
		quoted := fmt.Sprintf(`{"tools": {%q: {"enabled": %t}}}`, tool, on)
		d := e.addServer(name, fmt.Sprintf("{tools: {%s: {enabled: %t}}}", yamlKey(tool), on), quoted)
		if d != nil {
			d.what = what
		}
		return d
	}
	if entry == nil || entry.Kind != yaml.MappingNode || len(entry.Content) == 0 {
		return nil
	}
	rule := fmt.Sprintf("%s: {enabled: %t}", yamlKey(tool), on)
	toolsKey, tools := e.find(entry, "tools")
	if tools == nil {
		return e.addMember(key, entry, "tools", rule, what)
	}
	if _, own := e.find(tools, tool); own != nil && own.Kind == yaml.MappingNode {
		if _, enabled := e.find(own, "enabled"); enabled != nil {
			start := e.text.offset(enabled)
			return &edit{start: start, end: start + len(enabled.Value), text: fmt.Sprint(on), what: what}
		}
		if ownKey, _ := e.find(tools, tool); len(own.Content) > 0 {
			return e.headMember(ownKey, own, fmt.Sprintf("enabled: %t", on), fmt.Sprintf(`"enabled": %t`, on), what)
		}
		return nil
	}
	if isFlow(tools) || len(tools.Content) == 0 {
		return e.lastInFlow(tools, rule, what)
	}
	last := tools.Content[len(tools.Content)-2]
	if cut := e.cutMember(last, tools.Content[len(tools.Content)-1]); cut != nil && !e.inFlow(e.root, toolsKey) {
		d := &edit{what: what}
		e.addLines(d, e.text.number(cut.end-1), strings.Repeat(" ", last.Column-1)+rule)
		return d
	}
	return nil
}

// addMember adds a mapping with one member to an entry, at its head.
func (e *editor) addMember(key, entry *yaml.Node, name, member, what string) *edit {
	if isFlow(entry) {
		return e.headMember(key, entry, name+": {"+member+"}", "", what)
	}
	margin := strings.Repeat(" ", entry.Content[0].Column-1)
	at := e.text.end(key.Line)
	if at == len(e.data) && !strings.HasSuffix(string(e.data), "\n") {
		return nil
	}
	return &edit{start: at, end: at, text: margin + name + ":" + e.eol + margin + "  " + member + e.eol, what: what}
}

// headMember adds a member at the head of a mapping: there it needs no knowledge of
// where values end. quoted is how JSON writes it; without it JSON is not edited.
func (e *editor) headMember(key, of *yaml.Node, member, quoted, what string) *edit {
	if !isFlow(of) {
		at := e.text.end(key.Line)
		return &edit{start: at, end: at, text: strings.Repeat(" ", of.Content[0].Column-1) + member + e.eol, what: what}
	}
	if of.Content[0].Style&yaml.DoubleQuotedStyle != 0 {
		if member = quoted; quoted == "" {
			return nil
		}
	}
	start := e.text.offset(of) + 1
	return &edit{start: start, end: start, text: member + ", ", what: what}
}

// lastInFlow adds a member behind the others in braces.
func (e *editor) lastInFlow(of *yaml.Node, member, what string) *edit {
	if of.Kind != yaml.MappingNode || !isFlow(of) {
		return nil
	}
	start := e.text.offset(of) + 1
	if len(of.Content) == 0 {
		return &edit{start: start, end: start, text: member, what: what}
	}
	if of.Content[0].Style&yaml.DoubleQuotedStyle != 0 {
		return nil
	}
	end := e.flowEnd(e.text.offset(of.Content[len(of.Content)-2]))
	if end < 0 || e.data[end] == ',' {
		return nil
	}
	for end > start && strings.IndexByte(" \t\r\n", e.data[end-1]) >= 0 {
		end--
	}
	return &edit{start: end, end: end, text: ", " + member, what: what}
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// yamlKey is a name as a key, in quotes where YAML could take it for something else.
func yamlKey(name string) string {
	switch strings.ToLower(name) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n":
		return `"` + name + `"`
	}
	if plainKey.MatchString(name) {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}
