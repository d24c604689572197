package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry/pin"
)

// PinOptions are what `loom pin` needs.
type PinOptions struct {
	IO           *IO
	RegistryFile func() (RegistryFile, error)
	Dial         func(context.Context) (*Conn, error)

	Servers []string // empty for all
	Diff    bool
	Remove  bool
}

// NewCmdPin makes `loom pin`.
func NewCmdPin(f *Factory, runF func(context.Context, *PinOptions) error) *cobra.Command {
	opts := &PinOptions{IO: f.IO, RegistryFile: f.RegistryFile, Dial: f.Dial}
	if runF == nil {
		runF = runPin
	}
	cmd := &cobra.Command{
		Use:   "pin [SERVER...]",
		Short: "Approve the definitions that servers have now",
		Long: `Approve the definitions that servers have now, of all servers or of those named.

What a tool says of itself is read by models as an instruction. The approved
definitions are kept in pins.json beside the registry, for a team to review and
commit. A profile with "pinned: enforce" holds back what differs from them, and a
read-only profile believes what they say of themselves.

With --diff nothing is approved, and the exit code is 1 if anything differs.`,
		Example: `  loom pin --diff         what changed since it was approved
  loom pin git            approve what git says now
  loom pin --remove git`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case opts.Diff && opts.Remove:
				return usagef(cmd, "--diff and --remove exclude each other")
			case opts.Remove && len(args) == 0:
				return usagef(cmd, "--remove needs the name of a server")
			}
			return nil
		},
		ValidArgsFunction: completeServers(f, isEnabled),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Servers = args
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.Diff, "diff", false, "show what differs from the approved definitions")
	cmd.Flags().BoolVar(&opts.Remove, "remove", false, "forget what was approved of these servers")
	return cmd
}

func runPin(ctx context.Context, opts *PinOptions) error {
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	path := pin.Path(file.Path)
	pins, err := pin.Load(path)
	if broken := (*pin.FileError)(nil); errors.As(err, &broken) {
		return withHint(err, "restore the file; or remove it, and approve everything again: loom pin")
	}
	if err != nil {
		return err
	}
	if opts.Remove {
		return removePins(ctx, opts, pins, file)
	}
	conn, err := opts.Dial(ctx)
	if err != nil {
		return err
	}
	now, err := definitions(ctx, opts, conn)
	if err != nil {
		return err
	}
	if opts.Diff {
		return diffPins(opts.IO, pins, now)
	}
	changed := false
	for _, s := range now.servers {
		pinned := slices.Contains(pins.Servers(), s.name)
		d := pins.Diff(s.name, s.tools)
		changed = changed || !pinned || !d.None()
		if err := pins.Set(s.name, s.tools); err != nil {
			return err
		}
		switch {
		case !pinned:
			fmt.Fprintf(opts.IO.Out, "%s: pinned %s\n", s.name, plural(len(s.tools), "tool"))
		case d.None():
			fmt.Fprintf(opts.IO.Out, "%s: %s, as pinned before\n", s.name, plural(len(s.tools), "tool"))
		default:
			fmt.Fprintf(opts.IO.Out, "%s: pinned again: %s\n", s.name, differenceText(d))
		}
	}
	if changed {
		if err := savePins(ctx, opts, pins, file); err != nil {
			return err
		}
	}
	return now.failed
}

// removePins needs no loomd.
func removePins(ctx context.Context, opts *PinOptions, pins *pin.Pins, file RegistryFile) error {
	known := pins.Servers()
	for _, name := range opts.Servers {
		if !slices.Contains(known, name) {
			err := fmt.Errorf("%s has no pins of %q", pin.Path(file.Path), name)
			for _, n := range nearest(name, known) {
				err = withHint(err, "did you mean %s?", n)
			}
			return err
		}
	}
	for _, name := range opts.Servers {
		if pins.Remove(name) {
			fmt.Fprintf(opts.IO.Out, "%s: no longer pinned\n", name)
		}
	}
	return savePins(ctx, opts, pins, file)
}

// savePins writes the file and makes a running loomd read it.
func savePins(ctx context.Context, opts *PinOptions, pins *pin.Pins, file RegistryFile) error {
	if err := pins.Save(); err != nil {
		return err
	}
	fmt.Fprintf(opts.IO.Out, "%s is written\n", pin.Path(file.Path))
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		return nil
	}
	if err != nil {
		return err
	}
	reply, err := reload(ctx, opts.IO, conn)
	if err != nil {
		return err
	}
	if reply.Registry != file.Path {
		opts.IO.Note("the loomd that runs reads %s, not %s", reply.Registry, file.Path)
	}
	return nil
}

// definedNow is what servers define. failed is not nil when one of them could
// not be asked, which was then told.
type definedNow struct {
	servers []serverTools
	failed  error
}

type serverTools struct {
	name  string
	tools map[string]json.RawMessage // by the server's own names
}

// definitions asks loomd what the servers define, those that were named or all
// that are on.
func definitions(ctx context.Context, opts *PinOptions, conn *Conn) (definedNow, error) {
	names, err := chosenServers(ctx, opts, conn)
	if err != nil {
		return definedNow{}, err
	}
	var reply loomrpc.ToolsReply
	done := opts.IO.Progress(slow, "asking the servers for their tools")
	err = conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Raw: true}, &reply)
	done()
	if err != nil {
		return definedNow{}, err
	}
	var now definedNow
	for _, name := range names {
		if reason, unknown := reply.Unknown[name]; unknown {
			opts.IO.Note("the tools of %s are not known: %s", name, strings.TrimSpace(reason))
			opts.IO.Hint("loom logs %s", name)
			now.failed = errPrinted
			continue
		}
		s := serverTools{name: name, tools: map[string]json.RawMessage{}}
		for _, t := range reply.Tools {
			if _, twice := s.tools[t.Tool]; t.Server == name && !twice { // of two with one name clients see the first
				s.tools[t.Tool] = t.Raw
			}
		}
		now.servers = append(now.servers, s)
	}
	return now, nil
}

func chosenServers(ctx context.Context, opts *PinOptions, conn *Conn) ([]string, error) {
	var reply loomrpc.ServersReply
	if err := conn.Call(ctx, loomrpc.MethodServers, nil, &reply); err != nil {
		return nil, err
	}
	var on, all []string
	ids := map[string]string{} // a server of a project is pinned as that, whatever others call theirs
	for _, s := range reply.Servers {
		id := cmp.Or(s.ID, s.Name)
		if s.Client == "" {
			ids[s.Name] = id
		}
		all = append(all, id)
		if s.Enabled {
			on = append(on, id)
		}
	}
	if len(opts.Servers) == 0 {
		if len(on) == 0 {
			return nil, withHint(errors.New("no server is on"), "loom servers")
		}
		return on, nil
	}
	var names []string
	for _, name := range opts.Servers {
		name = cmp.Or(ids[name], name)
		switch {
		case !slices.Contains(all, name):
			return nil, suggest(fmt.Errorf("there is no server %q", name), name, on, "loom servers lists them")
		case !slices.Contains(on, name):
			return nil, withHint(fmt.Errorf("%s is off, so its tools are not known", name), "loom enable %s", name)
		case !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return names, nil
}

// differenceText names the tools that differ.
func differenceText(d pin.Difference) string {
	var parts []string
	for _, part := range []struct {
		what  string
		tools []string
	}{{"changed", d.Changed}, {"new", d.Added}, {"gone", d.Removed}} {
		if len(part.tools) > 0 {
			parts = append(parts, part.what+" "+visible(strings.Join(part.tools, ", ")))
		}
	}
	return strings.Join(parts, "; ")
}
