package registry

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// member is a key with its value, to be written: a text, a bool, a list of texts,
// members, or nil.
type member struct {
	key   string
	value any
}

// notation is a way to write texts and keys on one line.
type notation struct{ text, key func(string) string }

var (
	yamlFlow = notation{yamlText, yamlKey}
	jsonFlow = notation{jsonText, jsonText}
)

func jsonText(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(fmt.Sprintf("registry: %v", err)) // a text
	}
	return string(raw)
}

// flow is a value on one line.
func (n notation) flow(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return n.text(v)
	case []string:
		out := make([]string, len(v))
		for i, text := range v {
			out[i] = n.text(text)
		}
		return "[" + strings.Join(out, ", ") + "]"
	case []member:
		out := make([]string, len(v))
		for i, m := range v {
			out[i] = n.key(m.key) + ": " + n.flow(m.value)
		}
		return "{" + strings.Join(out, ", ") + "}"
	}
	panic(fmt.Sprintf("registry: writing a %T", value))
}

// inLines is an entry as people write it: a line for each key of it and of its
// mappings. What is deeper is in braces, unless it holds a mapping itself.
func inLines(members []member, margin string) (lines []string) {
	for _, m := range members {
		of, isMap := m.value.([]member)
		if !isMap {
			lines = append(lines, margin+yamlKey(m.key)+": "+yamlFlow.flow(m.value))
			continue
		}
		lines = append(lines, margin+yamlKey(m.key)+":")
		for _, inner := range of {
			deep, _ := inner.value.([]member)
			if slices.ContainsFunc(deep, func(m member) bool { _, is := m.value.([]member); return is }) {
				lines = append(lines, margin+"  "+yamlKey(inner.key)+":")
				for _, innermost := range deep {
					lines = append(lines, margin+"    "+yamlKey(innermost.key)+": "+yamlFlow.flow(innermost.value))
				}
				continue
			}
			lines = append(lines, margin+"  "+yamlKey(inner.key)+": "+yamlFlow.flow(inner.value))
		}
	}
	return lines
}

// members are the keys of the entry, in the order of a person.
func (n New) members() (out []member) {
	out = given(out, "description", n.Description)
	if n.Enabled != nil {
		out = append(out, member{"enabled", *n.Enabled})
	}
	out = given(out, "command", n.Command)
	if len(n.Args) > 0 {
		out = append(out, member{"args", n.Args})
	}
	out = given(out, "cwd", n.Dir)
	out = given(out, "url", n.URL)
	out = given(out, "share", string(n.Share))
	out = givenVars(out, "env", n.Env, nil)
	out = givenVars(out, "headers", n.Headers, nil)
	var tools, targets []member
	for _, t := range n.Tools {
		tools = append(tools, member{t.Name, []member{{"always_allow", t.AlwaysAllow}}})
	}
	for _, t := range n.Targets {
		targets = append(targets, member{t.Client, t.members()})
	}
	if len(tools) > 0 {
		out = append(out, member{"tools", tools})
	}
	if len(targets) > 0 {
		out = append(out, member{"targets", targets})
	}
	return out
}

func (t NewTarget) members() (out []member) {
	if t.Enabled != nil {
		out = append(out, member{"enabled", *t.Enabled})
	}
	out = given(out, "command", t.Command)
	if t.Args != nil {
		out = append(out, member{"args", t.Args})
	}
	out = given(out, "cwd", t.Dir)
	out = givenVars(out, "env", t.Env, t.NoEnv)
	out = given(out, "url", t.URL)
	return givenVars(out, "headers", t.Headers, t.NoHeaders)
}

func given(out []member, key, text string) []member {
	if text == "" {
		return out
	}
	return append(out, member{key, text})
}

func givenVars(out []member, key string, vars []EnvVar, without []string) []member {
	var of []member
	for _, v := range vars {
		of = append(of, member{v.Name, v.Value})
	}
	for _, name := range without {
		of = append(of, member{name, nil})
	}
	if len(of) == 0 {
		return out
	}
	return append(out, member{key, of})
}
