package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry"
)

// switchedPart is what `loom enable --json` prints of a tool, or of a profile.
type switchedPart struct {
	Server   string `json:"server"`
	Tool     string `json:"tool,omitempty"`
	Profile  string `json:"profile,omitempty"`
	Enabled  bool   `json:"enabled"`
	Changed  bool   `json:"changed"` // the registry was
	Registry string `json:"registry"`
	Line     int    `json:"line,omitempty"` // that was changed
	Applied  bool   `json:"applied"`        // a running loomd has read it
}

// runEnablePart switches one tool of a server, or what a profile has of it.
func runEnablePart(ctx context.Context, opts *EnableOptions) error {
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	if opts.Tool != "" {
		if opts.Tool, err = ownName(ctx, opts); err != nil {
			return err
		}
	}
	change, err := editPart(file, opts)
	if err != nil {
		return err
	}
	done := switchedPart{
		Server: string(opts.Server), Tool: opts.Tool, Profile: opts.Profile, Enabled: opts.On,
		Changed: !change.None(), Registry: file.Path, Line: change.Line,
	}
	if done.Applied, err = reloadIfRunning(ctx, opts.IO, opts.Dial); err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(done)
	}
	what, state, in := done.Server, "off", ""
	if done.Tool != "" {
		what += separator + done.Tool
	}
	if done.Enabled {
		state = "on"
	}
	if done.Profile != "" {
		in = " in profile " + done.Profile
	}
	if !done.Changed {
		fmt.Fprintf(opts.IO.Out, "%s is %s already%s\n", what, state, in)
		return nil
	}
	fmt.Fprintf(opts.IO.Out, "%s is %s%s: %s (%s:%d)\n", what, state, in, change.What, done.Registry, done.Line)
	return nil
}

// separator stands between a server and a tool on the command line, as in the
// names that clients see.
const separator = "__"

// ownName is the server's own name of the tool that was meant, which clients may
// see under another one. Without a loomd nobody knows, and it is taken as it is.
func ownName(ctx context.Context, opts *EnableOptions) (string, error) {
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		return opts.Tool, nil
	}
	if err != nil {
		return "", err
	}
	var own, exposed loomrpc.ToolsReply
	if err := conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Server: string(opts.Server), Raw: true}, &own); err != nil {
		return opts.Tool, nil // a server that is off, or that the next step says is unknown
	}
	var names []string
	for _, t := range own.Tools {
		if t.Tool == opts.Tool {
			return t.Tool, nil
		}
		names = append(names, t.Tool)
	}
	if err := conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Name: string(opts.Server) + separator + opts.Tool}, &exposed); err == nil && len(exposed.Tools) == 1 {
		return exposed.Tools[0].Tool, nil
	}
	if len(names) == 0 {
		return opts.Tool, nil // its definitions are not known
	}
	err = fmt.Errorf("%s has no tool %q", opts.Server, opts.Tool)
	slices.Sort(names) // what a client has in place of the server has most of them again
	for _, n := range nearest(opts.Tool, slices.Compact(names)) {
		err = withHint(err, "did you mean %s%s%s?", opts.Server, separator, n)
	}
	return "", withHint(err, "loom tools --server %s lists them", opts.Server)
}

// editPart changes the file, if all layers together then say what was asked.
func editPart(file RegistryFile, opts *EnableOptions) (registry.Change, error) {
	data, err := os.ReadFile(file.Path)
	if err != nil && (file.Named || !errors.Is(err, fs.ErrNotExist)) {
		return registry.Change{}, fmt.Errorf("reading registry: %w", err)
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return registry.Change{}, err
	}
	layers := file.sources(dirs)
	reg, err := layers.LoadWith(data)
	if err != nil {
		return registry.Change{}, err
	}
	s, there := reg.Server(opts.Server)
	if !there {
		if err := knows(reg, opts.Server); err != nil {
			return registry.Change{}, err
		}
		return registry.Change{}, withHint(fmt.Errorf("%s is not enabled", opts.Server), "loom enable %s", opts.Server)
	}
	if _, known := reg.Profiles[opts.Profile]; opts.Profile != "" && !known {
		_, err := reg.ProfileFor("", opts.Profile)
		return registry.Change{}, withHint(err, "loom profile list")
	}
	if given(reg, opts) == opts.On {
		return registry.Change{}, nil
	}
	var after []byte
	var done registry.Change
	if opts.Profile != "" {
		after, done, err = registry.SetInProfile(file.Path, data, opts.Profile, s, opts.Tool, opts.On)
	} else {
		after, done, err = registry.SetTool(data, opts.Server, opts.Tool, opts.On)
	}
	if err != nil {
		return registry.Change{}, err
	}
	next, err := layers.LoadWith(after)
	if err != nil {
		return registry.Change{}, err
	}
	if given(next, opts) != opts.On {
		return registry.Change{}, withHint(errors.New("it would stay as it is: the machine's policy or a later file says so"), "loom registry show --origin")
	}
	if err := replaceIfSame(file.Path, data, after); err != nil {
		return registry.Change{}, fmt.Errorf("writing registry: %w", err)
	}
	return done, nil
}

// given reports how a tool, or a profile, stands now.
func given(reg *registry.Registry, opts *EnableOptions) bool {
	s, _ := reg.Server(opts.Server)
	if opts.Profile != "" {
		return reg.Profiles[opts.Profile].Gives(s, opts.Tool)
	}
	return s.ToolEnabled(opts.Tool)
}

// splitTool takes SERVER__TOOL apart. It is for the command line alone, where a
// server's name has no underscore in it.
func splitTool(text string) (server registry.ServerName, tool string) {
	name, tool, _ := strings.Cut(text, separator)
	return registry.ServerName(name), tool
}

// completeParts offers servers, and the tools of the one that was begun.
func completeParts(f *Factory, want func(loomrpc.ServerStatus) bool) completion {
	servers, tools := completeServers(f, want), completeTools(f)
	return func(cmd *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if !strings.Contains(begin, separator) {
			return servers(cmd, args, begin)
		}
		all, directive := tools(cmd, args, begin)
		return slices.DeleteFunc(all, func(c cobra.Completion) bool { return !strings.HasPrefix(string(c), begin) }), directive
	}
}
