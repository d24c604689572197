package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// New is an entry to be written. What is empty is not written. Values may hold
// references; a literal $ in them is doubled already.
type New struct {
	Description string
	Command     string
	Args        []string
	Dir         string
	Env         []EnvVar // in the order in which they are written
	URL         string
	Headers     []EnvVar
	Share       Share
}

// Add writes the entry of a server that is not there yet into the text of one
// layer. See [Enable] for what stays the same.
func Add(data []byte, name ServerName, entry New) ([]byte, Change, error) {
	before, err := ParseLayer(editPath, data)
	if err != nil {
		return nil, Change{}, err
	}
	if s, there := before.Server(name); there {
		return nil, Change{}, fmt.Errorf("%s is there already (line %d)", name, s.Pos.Line)
	}
	e := newEditor(data)
	const mark = "\x00"
	d := e.addServer(name, mark, entry.json())
	if d == nil {
		return nil, Change{}, fmt.Errorf("adding %s: the file cannot be edited without disturbing the rest: write it under servers by hand: %[1]s: %s", name, entry.flow())
	}
	if head, tail, found := strings.Cut(d.text, mark); found {
		line := head[strings.LastIndexByte(head, '\n')+1:]
		if strings.Contains(line, "{") || strings.Contains(tail, "}") || strings.HasPrefix(tail, ",") {
			d.text = head + entry.flow() + tail
		} else {
			margin := line[:len(line)-len(strings.TrimLeft(line, " "))]
			d.text = strings.TrimRight(head, " ") + e.eol + strings.Join(entry.block(margin+"  "), e.eol) + tail
		}
	}
	after := slices.Concat(data[:d.start], []byte(d.text), data[d.end:])
	got, err := ParseLayer(editPath, after)
	if err != nil {
		return nil, Change{}, err // what was asked for is no entry
	}
	s, _ := got.Server(name)
	others := placeless(*got)
	others.Servers = slices.DeleteFunc(others.Servers, func(s Server) bool { return s.Name == name })
	if !reflect.DeepEqual(others, placeless(*before)) || !entry.is(s) {
		return nil, Change{}, errors.New("adding " + string(name) + ": the file cannot be edited without disturbing the rest: write it under servers by hand")
	}
	return after, Change{Server: name, Line: splitLines(after).number(firstDifference(data, after)), What: "added " + string(name)}, nil
}

// is reports that a server says what the entry does.
func (n New) is(s Server) bool {
	vars := func(v []EnvVar) map[string]string {
		m := map[string]string{}
		for _, p := range v {
			m[p.Name] = p.Value
		}
		return m
	}
	return s.Command == n.Command && slices.Equal(s.Args, n.Args) && s.Dir == n.Dir && s.URL == n.URL && s.Description == n.Description &&
		(n.Share == "" || s.Share == n.Share) && reflect.DeepEqual(vars(s.Env), vars(n.Env)) && reflect.DeepEqual(vars(s.Headers), vars(n.Headers))
}

// members are the keys of the entry, in the order of a person: text is YAML on one line.
func (n New) members() (out []struct{ key, text string }) {
	add := func(key, text string) { out = append(out, struct{ key, text string }{key, text}) }
	scalar := func(key, text string) {
		if text != "" {
			add(key, yamlText(text))
		}
	}
	scalar("description", n.Description)
	scalar("command", n.Command)
	if len(n.Args) > 0 {
		add("args", yamlList(n.Args))
	}
	scalar("cwd", n.Dir)
	scalar("url", n.URL)
	scalar("share", string(n.Share))
	return out
}

// flow is the entry on one line.
func (n New) flow() string {
	var parts []string
	for _, m := range n.members() {
		parts = append(parts, m.key+": "+m.text)
	}
	for _, vars := range n.variables() {
		var pairs []string
		for _, v := range vars.of {
			pairs = append(pairs, yamlKey(v.Name)+": "+yamlText(v.Value))
		}
		parts = append(parts, vars.key+": {"+strings.Join(pairs, ", ")+"}")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// block is the entry in lines.
func (n New) block(margin string) (lines []string) {
	for _, m := range n.members() {
		lines = append(lines, margin+m.key+": "+m.text)
	}
	for _, vars := range n.variables() {
		lines = append(lines, margin+vars.key+":")
		for _, v := range vars.of {
			lines = append(lines, margin+"  "+yamlKey(v.Name)+": "+yamlText(v.Value))
		}
	}
	return lines
}

type keyedVars struct {
	key string
	of  []EnvVar
}

func (n New) variables() []keyedVars {
	return slices.DeleteFunc([]keyedVars{{"env", n.Env}, {"headers", n.Headers}}, func(v keyedVars) bool { return len(v.of) == 0 })
}

// json is the entry as a file in JSON has it.
func (n New) json() string {
	var parts []string
	add := func(key string, value any) {
		raw, err := json.Marshal(value)
		if err != nil {
			panic(fmt.Sprintf("registry: %v", err)) // texts
		}
		parts = append(parts, fmt.Sprintf("%q: %s", key, raw))
	}
	for _, f := range []struct{ key, text string }{{"description", n.Description}, {"command", n.Command}, {"cwd", n.Dir}, {"url", n.URL}, {"share", string(n.Share)}} {
		if f.text != "" {
			add(f.key, f.text)
		}
	}
	if len(n.Args) > 0 {
		add("args", n.Args)
	}
	for _, vars := range n.variables() {
		m := map[string]string{}
		for _, v := range vars.of {
			m[v.Name] = v.Value
		}
		add(vars.key, m)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

var plainText = regexp.MustCompile(`^[A-Za-z/.][A-Za-z0-9/._+@=-]*$`)

// yamlText is a text as a value, in quotes where YAML could take it for something
// else, also inside of brackets.
func yamlText(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n", ".inf", ".nan", ".":
	default:
		if plainText.MatchString(text) {
			return text
		}
	}
	raw, err := json.Marshal(text) // a JSON string is a YAML string
	if err != nil {
		panic(fmt.Sprintf("registry: %v", err))
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(raw))
}

func yamlList(texts []string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = yamlText(t)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
