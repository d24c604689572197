package kit

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Selection says which tools of a server are offered. The zero value is those
// of the default toolset.
type Selection struct {
	ReadOnly      bool     // none that changes anything
	NoDestructive bool     // none that may delete or overwrite
	Tools         []string // these, whatever toolset they are in; nil: those of Toolsets
	Toolsets      []string // default, the names of others, or all; nil: default
	Exclude       []string // not these
}

const (
	toolsetDefault = "default"
	toolsetAll     = "all"
)

// Select leaves out the tools that are not chosen: they are in no list, and who calls
// one by name is told why. A name that the server does not have is an error: a limit
// that is misspelt would be none.
func (s *Server) Select(sel Selection) error {
	var tools, sets []string
	for _, t := range s.Tools {
		tools = append(tools, t.def.Name)
		if set := t.toolset(); !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
	}
	slices.Sort(sets)
	for _, check := range []struct {
		option       string
		names, known []string
	}{{"tools", sel.Tools, tools}, {"exclude-tools", sel.Exclude, tools}, {"toolsets", sel.Toolsets, append(sets, toolsetAll)}} {
		for _, name := range check.names {
			if !slices.Contains(check.known, name) {
				problem := fmt.Sprintf("%s: %s has no %q", check.option, s.Name, name)
				if near := Nearest(name, check.known); near != "" {
					return fmt.Errorf("%s, did you mean %q?", problem, near)
				}
				return fmt.Errorf("%s, only %s", problem, strings.Join(check.known, ", "))
			}
		}
	}
	if sel.Toolsets == nil {
		sel.Toolsets = []string{toolsetDefault}
	}
	var chosen []Tool
	for _, t := range s.Tools {
		if e := sel.refusal(s.Name, t); e != nil {
			if s.refused == nil {
				s.refused = make(map[string]*Error)
			}
			s.refused[t.def.Name] = e
			continue
		}
		chosen = append(chosen, t)
	}
	if len(s.Tools) > 0 && chosen == nil {
		return fmt.Errorf("no tool of %s is left", s.Name)
	}
	s.Tools = chosen
	return nil
}

// refusal is the error of a call of t, nil if it is offered. A model knows tools by
// name that are not in its list, from docs or from another session: it is told what
// its user can do.
func (sel Selection) refusal(program string, t Tool) *Error {
	code := FailedPrecondition
	var why, how []string
	add := func(reason, option string) { why, how = append(why, reason), append(how, option) }
	switch set := t.toolset(); {
	case sel.Tools != nil && !slices.Contains(sel.Tools, t.def.Name):
		add("--tools does not name it", "with --tools "+strings.Join(append(slices.Clone(sel.Tools), t.def.Name), ","))
	case sel.Tools == nil && !slices.Contains(sel.Toolsets, set) && !slices.Contains(sel.Toolsets, toolsetAll):
		add("it is in the toolset "+set, "with --toolsets "+strings.Join(append(slices.Clone(sel.Toolsets), set), ","))
	}
	if slices.Contains(sel.Exclude, t.def.Name) {
		add("--exclude-tools names it", "without "+t.def.Name+" in --exclude-tools")
	}
	switch {
	case sel.ReadOnly && t.def.Hints.ReadOnly != Yes:
		code = ReadOnlyMode
		add(program+" runs read only", "without --read-only")
	case sel.NoDestructive && t.def.Hints.Destructive != No:
		code = ReadOnlyMode
		add(program+" runs without destructive tools", "without --no-destructive")
	}
	if why == nil {
		return nil
	}
	return Errorf(code, "%s is not offered: %s", t.def.Name, strings.Join(why, ", and ")).
		WithHint("%s offers it when it is started %s; whoever runs it decides that", program, strings.Join(how, " and "))
}

func (t Tool) toolset() string {
	if t.def.Toolset == "" {
		return toolsetDefault
	}
	return t.def.Toolset
}

// refuse has a call of a tool that is not offered answered with why, and keeps the tool
// out of tools/list: mcp-go answers no call of what it does not have.
func (s *Server) refuse(m *server.MCPServer) {
	for name, e := range s.refused {
		m.AddTool(mcp.Tool{Name: name}, func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return s.errorResult(e), nil
		})
	}
}

func (s *Server) hideRefused() server.ServerOption {
	hooks := new(server.Hooks)
	hooks.AddAfterListTools(func(_ context.Context, _ any, _ *mcp.ListToolsRequest, result *mcp.ListToolsResult) {
		offered := make([]mcp.Tool, 0, len(result.Tools))
		for _, t := range result.Tools {
			if s.refused[t.Name] == nil {
				offered = append(offered, t)
			}
		}
		result.Tools = offered
	})
	return server.WithHooks(hooks)
}

// selectionOptions are the flags of a selection, and their twins in the
// environment: LOOM_PROMETHEUS_READ_ONLY and so on.
var selectionOptions = []struct {
	name, doc string
	boolean   bool
	set       func(*Selection, string) error
}{
	{"read-only", "offer no tool that changes anything", true, func(s *Selection, v string) error { return setBool(&s.ReadOnly, v) }},
	{"no-destructive", "offer no tool that may delete or overwrite", true, func(s *Selection, v string) error { return setBool(&s.NoDestructive, v) }},
	{"tools", "offer these tools and no others, with commas between", false, func(s *Selection, v string) error { s.Tools = splitList(v); return nil }},
	{"exclude-tools", "do not offer these tools", false, func(s *Selection, v string) error { s.Exclude = splitList(v); return nil }},
	{"toolsets", "offer the tools of these sets: default, others, or all", false, func(s *Selection, v string) error { s.Toolsets = splitList(v); return nil }},
}

func setBool(at *bool, v string) (err error) {
	if *at, err = strconv.ParseBool(v); err != nil {
		return fmt.Errorf("%q is not true or false", v)
	}
	return nil
}

// selectionFlags adds the flags. Their values go over those of the environment.
func selectionFlags(flags *flag.FlagSet, program string, getenv func(string) string) (read func() (Selection, error)) {
	sel := new(Selection)
	var problem error
	for _, o := range selectionOptions {
		env := envPrefix(program) + strings.ToUpper(strings.ReplaceAll(o.name, "-", "_"))
		if v := getenv(env); v != "" {
			if err := o.set(sel, v); err != nil && problem == nil {
				problem = fmt.Errorf("%s: %w", env, err)
			}
		}
		set := func(v string) error { return o.set(sel, v) }
		if o.boolean {
			flags.BoolFunc(o.name, o.doc, set)
		} else {
			flags.Func(o.name, o.doc, set)
		}
	}
	return func() (Selection, error) { return *sel, problem }
}

// envPrefix of the settings that all servers have: LOOM_PROMETHEUS_.
func envPrefix(program string) string {
	return "LOOM_" + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(program, "mcp-"), "-", "_")) + "_"
}
