package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
)

// slow is how long an answer may take before a terminal is told what goes on.
const slow = time.Second

// CallOptions are what `loom call` needs.
type CallOptions struct {
	IO     *IO
	Launch func(context.Context) (*Conn, error)

	Tool      string
	Arguments []string
	JSON      bool
}

// NewCmdCall makes `loom call`.
func NewCmdCall(f *Factory, runF func(context.Context, *CallOptions) error) *cobra.Command {
	opts := &CallOptions{IO: f.IO, Launch: f.Launch}
	if runF == nil {
		runF = runCall
	}
	cmd := &cobra.Command{
		Use:   "call TOOL [{JSON} | NAME=VALUE... | -]",
		Short: "Call a tool and print what it answers",
		Long: `Call a tool and print what it answers.

The arguments are one JSON object, or pairs. The value of NAME=VALUE becomes
what the tool's schema wants; NAME:=JSON takes it as JSON whatever the schema
says. A list is given as JSON or by naming the parameter several times. With -
the object is read from stdin.

loomd is started if it does not run. Exits with 1 when the tool fails.`,
		Example: `  loom call git__get_status '{"repo": "."}'
  loom call git__log repo=. max_count=5
  loom call git__add repo=. files=a.txt files=b.txt
  echo '{"query": "up"}' | loom call prometheus__query - --json`,
		Args:              usageArgs(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeTools(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Tool, opts.Arguments = args[0], args[1:]
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print the result as the server gave it")
	return cmd
}

func runCall(ctx context.Context, opts *CallOptions) error {
	var conn *Conn
	look := func() (schema, error) { // pairs need the definition
		var err error
		if conn, err = opts.Launch(ctx); err != nil {
			return schema{}, err
		}
		tool, err := findTool(ctx, conn, opts.Tool)
		if err != nil {
			return schema{}, err
		}
		var d struct{ InputSchema json.RawMessage }
		if err := json.Unmarshal(tool.Definition, &d); err != nil {
			return schema{}, fmt.Errorf("reading the definition of %s: %w", opts.Tool, err)
		}
		return parseSchema(d.InputSchema), nil
	}
	arguments, err := parseArguments(opts.Arguments, opts.IO.In, look)
	if err != nil {
		return err
	}
	if conn, err = opts.Launch(ctx); err != nil {
		return err
	}
	result, err := callTool(ctx, opts, conn, arguments)
	if err != nil {
		return err
	}
	if opts.JSON {
		if _, err := fmt.Fprintf(opts.IO.Out, "%s\n", result); err != nil {
			return err
		}
		return outcome(result)
	}
	return printResult(opts.IO, result)
}

// callTool calls and returns the raw result. When ctx ends, by ^C, the
// connection goes down and loomd cancels the call at the server.
func callTool(ctx context.Context, opts *CallOptions, conn *Conn, arguments json.RawMessage) ([]byte, error) {
	params, err := jsonrpc.Marshal(struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}{opts.Tool, arguments})
	if err != nil {
		return nil, fmt.Errorf("encoding the call: %w", err)
	}
	call, err := jsonrpc.Marshal(loomrpc.Call{Tool: opts.Tool, Params: params})
	if err != nil {
		return nil, fmt.Errorf("encoding the call: %w", err)
	}
	done := opts.IO.Progress(slow, "waiting for "+opts.Tool)
	result, err := conn.Raw(ctx, loomrpc.MethodCall, call)
	done()
	if err == nil {
		return result, nil
	}
	if ctx.Err() != nil {
		conn.Close()
		return nil, err
	}
	if !isUnknown(err) {
		return nil, err
	}
	// Either there is no such tool, or it does not like its arguments.
	if _, none := findTool(ctx, conn, opts.Tool); none != nil {
		return nil, none
	}
	return nil, withHint(err, "loom tools show %s", opts.Tool)
}

// toolResult is a tools/call result as far as it is printed.
type toolResult struct {
	IsError           bool
	Content           []content
	StructuredContent json.RawMessage
}

type content struct {
	Type     string
	Text     string
	Data     string // base64
	MimeType string
	URI      string
	Name     string
	Size     int
	Resource *struct {
		URI      string
		MimeType string
		Text     string
		Blob     string // base64
	}
}

func outcome(result []byte) error {
	var r struct{ IsError bool }
	if json.Unmarshal(result, &r) == nil && r.IsError {
		return errPrinted
	}
	return nil
}

// printResult prints text as it is and a line about everything else. The text
// of a failure goes to stderr: stdout is for answers.
func printResult(streams *IO, result []byte) error {
	var r toolResult
	if err := json.Unmarshal(result, &r); err != nil {
		return withHint(fmt.Errorf("reading the result: %w", err), "--json prints it as it is")
	}
	out := streams.Out
	if r.IsError {
		out = streams.Err
	}
	for _, c := range r.Content {
		text := c.Text
		if c.Type != "text" {
			text = c.note()
		}
		if !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
	}
	if len(r.Content) == 0 && len(r.StructuredContent) > 0 {
		if err := streams.JSON(r.StructuredContent); err != nil {
			return err
		}
	}
	if r.IsError {
		if len(r.Content) == 0 {
			fmt.Fprintln(out, "loom: the tool failed and does not say why")
		}
		return errPrinted
	}
	return nil
}

// note is a line about content that is not text.
func (c content) note() string {
	parts := []string{c.Type}
	add := func(text string) {
		if text = oneLine(text); text != "" {
			parts = append(parts, text)
		}
	}
	switch {
	case c.Resource != nil:
		add(c.Resource.URI)
		add(c.Resource.MimeType)
		if c.Resource.Blob != "" {
			add(size(decodedSize(c.Resource.Blob)))
		} else {
			add(size(len(c.Resource.Text)))
		}
	default:
		add(c.Name)
		add(c.URI)
		add(c.MimeType)
		if c.Data != "" {
			add(size(decodedSize(c.Data)))
		} else if c.Size > 0 {
			add(size(c.Size))
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// decodedSize is the number of bytes that base64 text stands for.
func decodedSize(data string) int {
	return len(strings.TrimRight(data, "=")) * 3 / 4
}
