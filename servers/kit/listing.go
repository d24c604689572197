package kit

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
)

// verbTools is the command that lists the tools.
const verbTools = "tools"

// listTools is mcp-x tools. The page for the documentation does not depend on
// the settings of whoever makes it.
func (p Program) listTools(v *invocation, getenv func(string) string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet(p.Name+" "+verbTools, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "the definitions, as tools/list has them")
	asPage := flags.Bool("markdown", false, "the page of the documentation")
	err := flags.Parse(v.flags.Args()[1:])
	switch {
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case err == flag.ErrHelp:
		fmt.Fprintf(out, "%s %s lists the tools.\n\n", p.Name, verbTools)
		flags.VisitAll(func(f *flag.Flag) { fmt.Fprintf(out, "  --%-20s %s\n", f.Name, f.Usage) })
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(errOut, "%s: %v\nhint: %s %s --help\n", p.Name, err, p.Name, verbTools)
		return exitUsage
	}
	if *asPage {
		getenv = func(string) string { return "" }
		v.selection = func() (Selection, error) { return Selection{Toolsets: []string{toolsetAll}}, nil }
	}
	s, code, err := p.server(v, getenv, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintf(errOut, "%s: %v\n", p.Name, err)
		return code
	}
	var text string
	switch {
	case *asJSON:
		text, err = s.toolsJSON()
	case *asPage:
		text, err = p.page(s, v.flags)
	default:
		text = s.toolsText()
	}
	if err == nil {
		_, err = io.WriteString(out, text)
	}
	if err != nil {
		fmt.Fprintf(errOut, "%s: %v\n", p.Name, err)
		return exitFailed
	}
	return exitOK
}

// offered are the tools with the argument that several instances add.
func (s *Server) offered() []Tool {
	var tools []Tool
	for _, t := range s.Tools {
		t.params = t.params.withInstances(s)
		tools = append(tools, t)
	}
	return tools
}

func (s *Server) toolsJSON() (string, error) {
	var b bytes.Buffer
	b.WriteString("[\n")
	for i, t := range s.offered() {
		raw, err := json.Marshal(t.definition(outputBoth))
		if err != nil {
			return "", err
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		if err := json.Indent(&b, raw, "  ", "  "); err != nil {
			return "", err
		}
	}
	return strings.Replace(b.String(), "[\n{", "[\n  {", 1) + "\n]\n", nil
}

// toolsText is for someone at a terminal.
func (s *Server) toolsText() string {
	var b strings.Builder
	for i, t := range s.offered() {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s  (%s)\n", t.def.Name, t.nature())
		for _, line := range wrapped(t.def.Description, 76) {
			fmt.Fprintf(&b, "  %s\n", line)
		}
		for _, arg := range t.params.list {
			line := fmt.Sprintf("    %-18s %-8s %s", arg.name, arg.typeName(), arg.notes())
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	return b.String()
}

// nature says in words what the annotations say.
func (t Tool) nature() string {
	switch {
	case t.def.Hints.ReadOnly == Yes:
		return "reads"
	case t.def.Hints.Destructive == Yes:
		return "writes, may delete or overwrite"
	}
	return "writes"
}

func (arg *param) typeName() string {
	switch arg.kind {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "boolean"
	case reflect.Int:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list"
	}
	return "object"
}

// notes are what is to be known of an argument: the parts of its schema in words.
func (arg *param) notes() string {
	var parts []string
	if arg.required {
		parts = append(parts, "required")
	}
	if arg.doc != "" {
		parts = append(parts, arg.doc)
	} else if arg.name == "max_bytes" {
		parts = append(parts, "cap of this answer")
	}
	if arg.enum != nil {
		parts = append(parts, strings.Join(arg.enum, ", "))
	}
	if arg.fallback != nil {
		parts = append(parts, "default "+inlineValue(arg.fallback))
	}
	least, most := arg.min != nil && *arg.min != 1, arg.max != nil && *arg.max != maxPage
	switch {
	case least && most:
		parts = append(parts, fmt.Sprintf("%v to %v", *arg.min, *arg.max))
	case least:
		parts = append(parts, fmt.Sprintf("at least %v", *arg.min))
	case most:
		parts = append(parts, fmt.Sprintf("at most %v", *arg.max))
	}
	return strings.Join(parts, "; ")
}

// wrapped breaks a text into lines of at most width bytes, at spaces.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
