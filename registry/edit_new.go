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
	Enabled     *bool // nil is not written, which means on
	Command     string
	Args        []string
	Dir         string
	Env         []EnvVar // in the order in which they are written
	URL         string
	Headers     []EnvVar
	Share       Share
	Tools       []NewTool
	Targets     []NewTarget
}

// NewTool is a rule for one tool, by the server's own name of it.
type NewTool struct {
	Name        string
	AlwaysAllow bool
}

// NewTarget is what one client has in place of the server. What is empty is as it is
// for all others.
type NewTarget struct {
	Client    string // by the name in --client
	Enabled   *bool
	Command   string
	Args      []string // nil: those of the server; empty: none
	Dir       string
	Env       []EnvVar // over those of the server
	NoEnv     []string // variables of the server that this client does not have
	URL       string
	Headers   []EnvVar // over those of the server
	NoHeaders []string // headers of the server that this client does not have
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
	d := e.addServer(name, mark, jsonFlow.flow(entry.members()))
	if d == nil {
		return nil, Change{}, fmt.Errorf("adding %s: the file cannot be edited without disturbing the rest: write it under servers by hand: %[1]s: %s", name, yamlFlow.flow(entry.members()))
	}
	if head, tail, found := strings.Cut(d.text, mark); found {
		line := head[strings.LastIndexByte(head, '\n')+1:]
		if strings.Contains(line, "{") || strings.Contains(tail, "}") || strings.HasPrefix(tail, ",") {
			d.text = head + yamlFlow.flow(entry.members()) + tail
		} else {
			margin := line[:len(line)-len(strings.TrimLeft(line, " "))]
			d.text = strings.TrimRight(head, " ") + e.eol + strings.Join(inLines(entry.members(), margin+"  "), e.eol) + tail
		}
	}
	after := e.apply(d)
	got, err := ParseLayer(editPath, after)
	if err != nil {
		return nil, Change{}, err // what was asked for is no entry
	}
	others := placeless(*got)
	others.Servers = slices.DeleteFunc(others.Servers, func(s Server) bool { return s.Name == name })
	delete(others.targets, name)
	if !reflect.DeepEqual(others, placeless(*before)) || !entry.is(got, name) {
		return nil, Change{}, errors.New("adding " + string(name) + ": the file cannot be edited without disturbing the rest: write it under servers by hand")
	}
	return after, Change{Server: name, Line: splitLines(after).number(firstDifference(data, after)), What: "added " + string(name)}, nil
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
