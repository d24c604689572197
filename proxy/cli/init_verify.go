package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// verifyLimit bounds the whole of it.
const verifyLimit = time.Minute

// verify does what a client will do: it starts what stands in a client's file, in an
// environment as poor as the poorest client gives, lists the tools and calls one that
// reads only and needs nothing.
func (opts *InitOptions) verify(ctx context.Context, p *importPlan) error {
	done := p.applied()
	if len(done) == 0 {
		return nil
	}
	c := done[0]
	entry, _ := c.Entries[0].Value.(configfile.Object)
	found, ok := c.Target.Found(entry)
	if !ok || found.Command == "" || !strings.HasPrefix(found.Command, "/") {
		return nil // of a project, or of a program of Windows
	}
	ctx, cancel := context.WithTimeoutCause(ctx, verifyLimit, fmt.Errorf("nothing came for %s", verifyLimit))
	defer cancel()
	stop := opts.IO.Progress(slow, "calling a tool as "+c.Target.Name+" would")
	tools, called, err := opts.call(ctx, found.Command, found.Args)
	stop()
	if err != nil {
		return withHint(fmt.Errorf("starting loom as %s does: %w", c.Target.Name, err), "loom doctor; loom logs loomd")
	}
	fmt.Fprintf(opts.IO.Out, "As %s it lists %s, and %s answers.\n", c.Target.Name, plural(tools, "tool"), called)
	return nil
}

// call lists the tools behind a command line and calls one of them.
func (opts *InitOptions) call(ctx context.Context, command string, args []string) (tools int, called string, err error) {
	cmd := exec.CommandContext(ctx, command, args...)
	for _, name := range []string{"HOME", "PATH", "USER", "LANG"} {
		if value, ok := opts.variable(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.WaitDelay = time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, "", err
	}
	if err := cmd.Start(); err != nil {
		return 0, "", err
	}
	defer cmd.Wait()
	defer in.Close() // which ends it
	s := stdioClient{in: in, out: bufio.NewReader(out)}
	hello := `{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"loom-init","version":"1"}}`
	if _, err := s.ask("initialize", hello); err != nil {
		return 0, "", err
	}
	if err := s.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`); err != nil {
		return 0, "", err
	}
	raw, err := s.ask("tools/list", "{}")
	if err != nil {
		return 0, "", err
	}
	var list struct{ Tools []listedTool }
	if err := json.Unmarshal(raw, &list); err != nil {
		return 0, "", fmt.Errorf("reading the list of tools: %w", err)
	}
	name, theirs := harmless(list.Tools)
	if name == "" {
		return theirs, "the list", nil
	}
	if _, err := s.ask("tools/call", fmt.Sprintf(`{"name":%q,"arguments":{}}`, name)); err != nil {
		return 0, "", fmt.Errorf("%s: %w", name, err)
	}
	return theirs, name, nil
}

// listedTool is what of a definition has to be known to call it.
type listedTool struct {
	Name        string
	Annotations struct{ ReadOnlyHint bool }
	InputSchema struct{ Required []string }
}

// harmless is a tool that reads only and needs no arguments, Loom's own if no other
// is so, and how many tools are not Loom's own.
func harmless(tools []listedTool) (name string, theirs int) {
	for _, t := range tools {
		own := strings.HasPrefix(t.Name, "loom__")
		if !own {
			theirs++
		}
		if t.Annotations.ReadOnlyHint && len(t.InputSchema.Required) == 0 && (name == "" && t.Name == "loom__status" || !own && (name == "" || name == "loom__status")) {
			name = t.Name
		}
	}
	return name, theirs
}

// stdioClient speaks to an MCP server on pipes, one request at a time.
type stdioClient struct {
	in  io.Writer
	out *bufio.Reader
	id  int
}

func (s *stdioClient) send(line string) error {
	_, err := io.WriteString(s.in, line+"\n")
	return err
}

// ask sends a request and waits for its answer. What else comes is passed over.
func (s *stdioClient) ask(method, params string) (json.RawMessage, error) {
	s.id++
	if err := s.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, s.id, method, params)); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for {
		line, err := s.out.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("%s: it ended without an answer: %w", method, err)
		}
		var answer struct {
			ID     *int
			Method string
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if json.Unmarshal(line, &answer) != nil || answer.Method != "" || answer.ID == nil || *answer.ID != s.id {
			continue
		}
		if answer.Error != nil {
			return nil, fmt.Errorf("%s: %w", method, errors.New(answer.Error.Message))
		}
		return answer.Result, nil
	}
}
