package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
)

// ToolsShowOptions are what `loom tools show` needs.
type ToolsShowOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)

	Tool string
	JSON bool
}

// NewCmdToolsShow makes `loom tools show`.
func NewCmdToolsShow(f *Factory, runF func(context.Context, *ToolsShowOptions) error) *cobra.Command {
	opts := &ToolsShowOptions{IO: f.IO, Dial: f.Dial}
	if runF == nil {
		runF = runToolsShow
	}
	cmd := &cobra.Command{
		Use:               "show TOOL",
		Short:             "Show what a tool does and which parameters it takes",
		Example:           `  loom tools show git__get_status`,
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completeTools(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Tool = args[0]
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print the definition as clients get it")
	return cmd
}

func runToolsShow(ctx context.Context, opts *ToolsShowOptions) error {
	conn, err := opts.Dial(ctx)
	if err != nil {
		return err
	}
	tool, err := findTool(ctx, conn, opts.Tool)
	if err != nil {
		return err
	}
	if opts.JSON {
		_, err := fmt.Fprintf(opts.IO.Out, "%s\n", tool.Definition)
		return err
	}
	return printTool(opts.IO, tool)
}

// findTool asks for one tool; the error names those that were probably meant.
func findTool(ctx context.Context, conn *Conn, name string) (loomrpc.Tool, error) {
	var reply loomrpc.ToolsReply
	if err := conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Name: name}, &reply); err != nil && !isUnknown(err) {
		return loomrpc.Tool{}, err
	}
	for _, tool := range reply.Tools {
		if tool.Name == name {
			return tool, nil
		}
	}
	return loomrpc.Tool{}, suggestTools(ctx, conn, name, fmt.Errorf("there is no tool %q", name))
}

func suggestTools(ctx context.Context, conn *Conn, name string, err error) error {
	var reply loomrpc.ToolsReply
	if conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{}, &reply) != nil {
		return err
	}
	var names []string
	for _, tool := range reply.Tools {
		names = append(names, tool.Name)
	}
	return suggest(err, name, names, "loom tools lists them")
}

func printTool(io *IO, tool loomrpc.Tool) error {
	var d struct {
		Title        string
		Description  string
		InputSchema  json.RawMessage
		OutputSchema json.RawMessage
		Annotations  map[string]any
	}
	if err := json.Unmarshal(tool.Definition, &d); err != nil {
		return fmt.Errorf("reading the definition of %s: %w", tool.Name, err)
	}
	fmt.Fprintf(io.Out, "%s  %s\n", io.paint(tool.Name, bold),
		io.paint(fmt.Sprintf("server %s, tool %s, %s", tool.Server, oneLine(tool.Tool), plural(tool.Tokens, "token")), dim))
	if d.Title != "" {
		fmt.Fprintf(io.Out, "%s\n", oneLine(d.Title))
	}
	if d.Description != "" {
		fmt.Fprintln(io.Out)
		for line := range strings.Lines(strings.TrimSpace(d.Description)) {
			lead := line[:len(line)-len(strings.TrimLeft(line, " "))]
			fmt.Fprintln(io.Out, wrap(oneLine(line), io.Width, "  "+lead))
		}
	}
	fmt.Fprintln(io.Out)
	params := parseSchema(d.InputSchema)
	if len(params.properties) == 0 {
		fmt.Fprintln(io.Out, "It takes no parameters.")
	} else {
		t := newTable(io, "PARAMETER", "TYPE", "REQUIRED", "DESCRIPTION")
		t.last = wrapped
		for _, p := range params.properties {
			required := ""
			if p.required {
				required = "yes"
			}
			t.row(oneLine(p.name), p.typeText(), required, p.about())
		}
		t.print()
	}
	if len(d.OutputSchema) > 0 {
		fmt.Fprintln(io.Out, "\nIt also answers with structured content; --json shows its schema.")
	}
	if notes := annotations(d.Annotations); notes != "" {
		fmt.Fprintf(io.Out, "\nThe server says: %s.\n", notes)
	}
	return nil
}

// annotations puts the hints of a definition into words. They are claims of
// the server, and what is not claimed is not printed.
func annotations(hints map[string]any) string {
	words := []struct{ key, yes, no string }{
		{"readOnlyHint", "only reads", "may change things"},
		{"destructiveHint", "may delete or overwrite", "only adds"},
		{"idempotentHint", "a second call with the same arguments changes nothing more", ""},
		{"openWorldHint", "deals with the outside world", "stays inside its own world"},
	}
	var out []string
	for _, w := range words {
		on, said := hints[w.key].(bool)
		if w.key != "readOnlyHint" && w.key != "openWorldHint" && hints["readOnlyHint"] == true {
			continue // the specification gives them no meaning then
		}
		switch {
		case said && on:
			out = append(out, w.yes)
		case said && w.no != "":
			out = append(out, w.no)
		}
	}
	return strings.Join(out, "; ")
}

// wrap breaks text at blanks so that it fits into width columns, each line
// beginning with by; width 0 is endless.
func wrap(text string, width int, by string) string {
	if text == "" {
		return ""
	}
	if width < len(by)+minLast {
		return by + text
	}
	var lines []string
	line, at := by, len(by)
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if at > len(by) && at+1+n > width {
			lines = append(lines, line)
			line, at = by, len(by)
		}
		if at > len(by) {
			line, at = line+" ", at+1
		}
		line, at = line+word, at+n
	}
	return strings.Join(append(lines, line), "\n")
}
