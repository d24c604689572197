package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry/pin"
)

// learn starts the new server once, shows its tools, and pins them when they are
// accepted. A server that does not start stays added: most often something is
// missing that can be mended.
func (opts *AddOptions) learn(ctx context.Context, file RegistryFile, name string) error {
	conn, err := opts.Dial(ctx)
	switch {
	case errors.Is(err, localsock.ErrNotRunning):
		if err := opts.saveEnvironment(file); err != nil {
			return err
		}
		if conn, err = opts.Launch(ctx); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		reply, err := reload(ctx, opts.IO, conn)
		if err != nil {
			return err
		}
		if reply.Registry != file.Path {
			opts.IO.Note("the loomd that runs reads %s, not %s, so %s is not started", reply.Registry, file.Path, name)
			return nil
		}
	}
	var learnt loomrpc.LearnReply
	done := opts.IO.Progress(slow, fmt.Sprintf("starting %s to learn its tools", name))
	err = conn.Call(ctx, loomrpc.MethodLearn, nil, &learnt)
	done()
	if err != nil {
		return err
	}
	var reply loomrpc.ToolsReply
	if err := conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Server: name, Raw: true}, &reply); err != nil {
		return err
	}
	reason := learnt.Failed[name]
	if reason == "" {
		reason = reply.Unknown[name]
	}
	if reason != "" {
		printFailure(opts.IO, name, reason)
		opts.IO.Note("%s stays in the registry (loom remove %s takes it out)", name, name)
		opts.IO.Hint("once it is mended: loom start")
		return errPrinted
	}
	tools := printAdded(opts.IO, name, reply.Tools)
	return opts.pin(ctx, file, conn, name, tools)
}

// saveEnvironment saves this shell's for a loomd that is started now, as `loom
// start` does: most servers need its PATH.
func (opts *AddOptions) saveEnvironment(file RegistryFile) error {
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	reg, err := file.sources(dirs).Load()
	if err != nil {
		return err
	}
	_, err = saveEnvironment(opts.IO, dirs.SavedEnvironment(), opts.Env, reg)
	return err
}

// printAdded shows what a server says of itself: models will read it.
func printAdded(io *IO, name string, all []loomrpc.Tool) map[string]json.RawMessage {
	tools, tokens := map[string]json.RawMessage{}, 0
	t := newTable(io, "TOOL", "DESCRIPTION")
	t.last = cut
	for _, tool := range all {
		if tool.Server != name {
			continue
		}
		if _, twice := tools[tool.Tool]; twice {
			continue
		}
		tools[tool.Tool] = tool.Raw
		tokens += tool.Tokens
		var def struct {
			Description string `json:"description"`
		}
		json.Unmarshal(tool.Raw, &def) // one that is odd has no description
		line, _, _ := strings.Cut(def.Description, "\n")
		t.row(visible(tool.Tool), visible(strings.TrimSpace(line)))
	}
	if len(tools) > 0 {
		t.print()
	}
	fmt.Fprintf(io.Out, "%s has %s, whose definitions take %s\n", name, plural(len(tools), "tool"), plural(tokens, "token"))
	return tools
}

// pin approves the definitions, if that is wanted.
func (opts *AddOptions) pin(ctx context.Context, file RegistryFile, conn *Conn, name string, tools map[string]json.RawMessage) error {
	if len(tools) == 0 {
		return nil
	}
	accepted := opts.Yes
	if !accepted {
		t, err := opts.Terminal()
		if errors.Is(err, errNoTerminal) {
			opts.IO.Note("the tools of %s are not pinned: nobody could be asked", name)
			opts.IO.Hint("loom pin %s", name)
			return nil
		}
		if err != nil {
			return err
		}
		accepted, err = t.confirm(ctx, "Pin these definitions, so that a change is noticed?")
		t.close()
		if err != nil {
			return err
		}
	}
	if !accepted {
		return nil
	}
	pins, err := pin.Load(pin.Path(file.Path))
	if err != nil {
		return err
	}
	if slices.Contains(pins.Servers(), name) && pins.Diff(name, tools).None() {
		return nil
	}
	if err := pins.Set(name, tools); err != nil {
		return err
	}
	if err := pins.Save(); err != nil {
		return err
	}
	fmt.Fprintf(opts.IO.Out, "pinned in %s\n", pin.Path(file.Path))
	_, err = reload(ctx, opts.IO, conn)
	return err
}
