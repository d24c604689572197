package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/registry"
)

func newCmdProfileUse(f *Factory, runF func(context.Context, *ProfileOptions) error) *cobra.Command {
	opts := newProfileOptions(f)
	if runF == nil {
		runF = runProfileUse
	}
	cmd := &cobra.Command{
		Use:   "use PROFILE",
		Short: "Give a client a profile, in its running sessions, too",
		Long: `Give a client a profile: write it under clients in your registry, and make
loomd read it. Comments and everything else in the file stay.

Running sessions of the client see other tools at once, unless their config
names a profile itself (loom proxy --profile). Without --client all clients under
clients get the profile.`,
		Example:           "  loom profile use ops --client codex",
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completeProfileArg(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Profile = args[0]
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVar(&opts.Client, "client", "", "the `client`, by the name that its config has in --client")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// profileUsed is what `loom profile use --json` prints.
type profileUsed struct {
	Profile  string   `json:"profile"`
	Clients  []string `json:"clients"`
	Changed  bool     `json:"changed"`
	Registry string   `json:"registry"`
	Applied  bool     `json:"applied"` // a running loomd has read it
}

func runProfileUse(ctx context.Context, opts *ProfileOptions) error {
	reg, err := opts.Registry()
	if err != nil {
		return err
	}
	if _, err := reg.ProfileFor("", opts.Profile); err != nil {
		return withHint(err, "loom profile list")
	}
	clients := []string{opts.Client}
	if opts.Client == "" {
		if clients = slices.Sorted(maps.Keys(reg.Clients)); len(clients) == 0 {
			return withHint(errors.New("the registry names no client"), "loom profile use %s --client NAME", opts.Profile)
		}
	}
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	done := profileUsed{Profile: opts.Profile, Clients: clients, Registry: file.Path}
	if done.Changed, err = writeClients(opts, file, clients); err != nil {
		return err
	}
	conn, err := opts.Dial(ctx)
	switch {
	case errors.Is(err, localsock.ErrNotRunning):
	case err != nil:
		return err
	default:
		reply, err := reload(ctx, opts.IO, conn)
		if err != nil {
			return err
		}
		if done.Applied = reply.Registry == file.Path; !done.Applied {
			opts.IO.Note("the loomd that runs reads %s, not %s", reply.Registry, file.Path)
		}
	}
	if opts.JSON {
		return opts.IO.JSON(done)
	}
	for _, client := range clients {
		already := ""
		if !done.Changed {
			already = " already"
		}
		fmt.Fprintf(opts.IO.Out, "%s has profile %s%s (%s)\n", client, opts.Profile, already, file.Path)
	}
	return nil
}

// writeClients edits the user's file. It is written only if all layers are valid
// with it and each client then has the profile: a later file may say otherwise.
func writeClients(opts *ProfileOptions, file RegistryFile, clients []string) (changed bool, err error) {
	dirs, err := opts.Dirs()
	if err != nil {
		return false, err
	}
	data, err := os.ReadFile(file.Path)
	if err != nil && (file.Named || !errors.Is(err, fs.ErrNotExist)) {
		return false, fmt.Errorf("reading registry: %w", err)
	}
	for _, client := range clients {
		after, change, err := registry.SetClient(data, client, opts.Profile)
		if err != nil {
			return false, err
		}
		changed = changed || !change.None()
		data = after
	}
	reg, err := file.sources(dirs).LoadWith(data)
	if err != nil {
		return false, err
	}
	for _, client := range clients {
		if got := reg.Clients[client].Profile; got != opts.Profile {
			o, _ := reg.Origin("clients", client)
			return false, withHint(fmt.Errorf("%s would still have profile %s, which a later file says", client, got), "change it in %s", o.Pos)
		}
	}
	if !changed {
		return false, nil
	}
	if err := replaceFile(file.Path, data); err != nil {
		return false, fmt.Errorf("writing registry: %w", err)
	}
	return true, nil
}
