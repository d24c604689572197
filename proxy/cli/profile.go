package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry"
)

// ProfileOptions are what the commands of `loom profile` need.
type ProfileOptions struct {
	IO           *IO
	Dial         func(context.Context) (*Conn, error)
	Dirs         func() (localsock.Dirs, error)
	Registry     func() (*registry.Registry, error)
	RegistryFile func() (RegistryFile, error)

	Profile string
	Client  string
	JSON    bool
}

// NewCmdProfile makes `loom profile`, which has commands of its own.
func NewCmdProfile(f *Factory, runF func(context.Context, *ProfileOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "Show profiles, and choose the one that a client has",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCmdProfileList(f, runF), newCmdProfileShow(f, runF), newCmdProfileUse(f, runF))
	return cmd
}

func newProfileOptions(f *Factory) *ProfileOptions {
	return &ProfileOptions{IO: f.IO, Dial: f.Dial, Dirs: f.Dirs, Registry: f.Registry, RegistryFile: f.RegistryFile}
}

func newCmdProfileList(f *Factory, runF func(context.Context, *ProfileOptions) error) *cobra.Command {
	opts := newProfileOptions(f)
	if runF == nil {
		runF = runProfileList
	}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the profiles, and which clients have them",
		Long: `List the profiles, and which clients have them.

With a running loomd TOOLS and TOKENS say what a client of that profile sees.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// profileSummary is a profile as `loom profile list --json` and `show --json`
// print it.
type profileSummary struct {
	Profile string   `json:"profile"`
	Clients []string `json:"clients"`
	Servers []string `json:"servers"` // that are enabled
	// Tools and Tokens are nil without a running loomd.
	Tools  *int           `json:"tools,omitempty"`
	Tokens *int           `json:"tokens,omitempty"`
	List   []loomrpc.Tool `json:"list,omitempty"` // with show alone
}

func runProfileList(ctx context.Context, opts *ProfileOptions) error {
	reg, err := opts.Registry()
	if err != nil {
		return err
	}
	all := []profileSummary{}
	for _, name := range slices.Sorted(maps.Keys(reg.Profiles)) {
		s, err := summarize(ctx, opts, reg, name)
		if err != nil {
			return err
		}
		s.List = nil
		all = append(all, s)
	}
	if opts.JSON {
		return opts.IO.JSON(all)
	}
	t := newTable(opts.IO, "PROFILE", ">SERVERS", ">TOOLS", ">TOKENS", "CLIENTS")
	t.last = cut
	for _, s := range all {
		tools, tokens := any("-"), any("-")
		if s.Tools != nil {
			tools, tokens = *s.Tools, *s.Tokens
		}
		t.row(s.Profile, len(s.Servers), tools, tokens, strings.Join(s.Clients, ", "))
	}
	t.print()
	if all[0].Tools == nil {
		opts.IO.Note("loomd is not running: tools are not known")
		opts.IO.Hint("loom start")
	}
	return nil
}

// summarize says what a profile gives. Which servers it has the registry knows,
// which tools loomd does.
func summarize(ctx context.Context, opts *ProfileOptions, reg *registry.Registry, name string) (profileSummary, error) {
	p, err := reg.ProfileFor("", name)
	if err != nil {
		return profileSummary{}, err
	}
	s := profileSummary{Profile: name, Clients: []string{}, Servers: []string{}}
	for _, client := range slices.Sorted(maps.Keys(reg.Clients)) {
		if reg.Clients[client].Profile == name {
			s.Clients = append(s.Clients, client)
		}
	}
	if name == registry.DefaultProfile {
		s.Clients = append(s.Clients, "all others")
	}
	for _, server := range reg.Servers {
		if server.Enabled && p.Allows(server) && server.Client == "" {
			s.Servers = append(s.Servers, string(server.Name))
		}
	}
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	var reply loomrpc.ToolsReply
	done := opts.IO.Progress(slow, "asking the servers for their tools")
	err = conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Profile: name}, &reply)
	done()
	if err != nil {
		return s, fmt.Errorf("asking for the tools of profile %s: %w", name, err)
	}
	tools, tokens := 0, 0
	for _, tool := range reply.Tools {
		if tool.Server == loomrpc.ServerPrefix || !p.Search { // else clients get them by searching
			tokens += tool.Tokens
		}
		if tool.Server != loomrpc.ServerPrefix {
			tools++
		}
	}
	s.Tools, s.Tokens, s.List = &tools, &tokens, reply.Tools
	return s, nil
}
