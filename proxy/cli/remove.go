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
	"github.com/loom-core/loom/registry/pin"
)

// RemoveOptions are what `loom remove` needs.
type RemoveOptions struct {
	IO           *IO
	Dirs         func() (localsock.Dirs, error)
	RegistryFile func() (RegistryFile, error)
	Dial         func(context.Context) (*Conn, error)

	Server registry.ServerName
	Prune  bool
	DryRun bool
	JSON   bool
}

// NewCmdRemove makes `loom remove`.
func NewCmdRemove(f *Factory, runF func(context.Context, *RemoveOptions) error) *cobra.Command {
	opts := &RemoveOptions{IO: f.IO, Dirs: f.Dirs, RegistryFile: f.RegistryFile, Dial: f.Dial}
	if runF == nil {
		runF = runRemove
	}
	cmd := &cobra.Command{
		Use:     "remove SERVER",
		Aliases: []string{"rm"},
		Short:   "Take a server out of the registry",
		Long: `Take a server out of the registry: its entry, with its own comments, and its
pins. Everything else in the file stays as it is. Its secrets stay in the keyring,
and are named.

A profile or client that names the server would then be a mistake. Those places are
listed, and nothing is written; --prune takes them out, too.`,
		Example:           "  loom remove time\n  loom remove time --prune",
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completeServers(f, func(loomrpc.ServerStatus) bool { return true }),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Server = registry.ServerName(args[0])
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.Prune, "prune", false, "take out what names the server in profiles and clients, too")
	cmd.Flags().BoolVar(&opts.DryRun, "dry-run", false, "show the lines that would go, and write nothing")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// removed is what `loom remove --json` prints.
type removed struct {
	Server   string   `json:"server"`
	Registry string   `json:"registry"`
	Line     int      `json:"line"` // where it was
	Unpinned bool     `json:"unpinned"`
	Secrets  []string `json:"secrets"` // that its entry named, and nobody else's does
	Applied  bool     `json:"applied"` // a running loomd has read it
}

func runRemove(ctx context.Context, opts *RemoveOptions) error {
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file.Path)
	if err != nil && (file.Named || !errors.Is(err, fs.ErrNotExist)) {
		return fmt.Errorf("reading registry: %w", err)
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	layers := file.sources(dirs)
	before, err := layers.LoadWith(data)
	if err != nil {
		return err
	}
	own, err := registry.ParseLayer(file.Path, data)
	if err != nil {
		return err
	}
	if _, here := own.Server(opts.Server); !here {
		return notHere(before, file.Path, opts.Server)
	}
	after, change, err := registry.Remove(file.Path, data, opts.Server, opts.Prune)
	if used := (*registry.InUseError)(nil); errors.As(err, &used) {
		return withHint(err, "loom remove %s --prune takes these out, too", opts.Server)
	}
	if err != nil {
		return err
	}
	if _, err := layers.LoadWith(after); err != nil {
		return err // another layer names it
	}
	done := removed{Server: string(opts.Server), Registry: file.Path, Line: change.Line, Secrets: ownSecrets(before, opts.Server)}
	if opts.DryRun {
		printLineDiff(opts.IO, data, after)
		return nil
	}
	if err := replaceIfSame(file.Path, data, after); err != nil {
		return fmt.Errorf("writing registry: %w", err)
	}
	if done.Unpinned, err = unpin(file.Path, string(opts.Server)); err != nil {
		return err
	}
	if done.Applied, err = reloadIfRunning(ctx, opts.IO, opts.Dial); err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(done)
	}
	fmt.Fprintf(opts.IO.Out, "%s is removed (it was at %s:%d)\n", done.Server, done.Registry, done.Line)
	if done.Unpinned {
		fmt.Fprintf(opts.IO.Out, "its pins are removed (%s)\n", pin.Path(file.Path))
	}
	for _, name := range done.Secrets {
		opts.IO.Note("the secret %s is still in the keyring, and no server uses it any more", name)
		opts.IO.Hint("loom secret delete %s", name)
	}
	return nil
}

// notHere is an error with what to do about a server that the user's file has not:
// another file has it, or the name was meant to be another.
func notHere(reg *registry.Registry, path string, name registry.ServerName) error {
	if s, there := reg.Server(name); there {
		return withHint(fmt.Errorf("%s is described in %s, not in %s", name, s.Pos, path), "loom disable %s switches it off for you", name)
	}
	var names []string
	for _, s := range reg.Servers {
		if s.Client == "" {
			names = append(names, string(s.Name))
		}
	}
	err := fmt.Errorf("there is no server %q in %s", name, path)
	for _, n := range nearest(string(name), names) {
		err = withHint(err, "did you mean %s?", n)
	}
	return err
}

// ownSecrets are the secrets that a server's entry names and no other one does.
func ownSecrets(reg *registry.Registry, name registry.ServerName) []string {
	of := func(s registry.Server) (names []string) {
		for _, ref := range s.SecretRefs() {
			names = append(names, ref.Name)
		}
		return names
	}
	var mine, others []string
	for _, s := range reg.Servers {
		if s.Name == name {
			mine = append(mine, of(s)...)
		} else {
			others = append(others, of(s)...)
		}
	}
	mine = slices.DeleteFunc(mine, func(n string) bool { return slices.Contains(others, n) })
	slices.Sort(mine)
	return append([]string{}, slices.Compact(mine)...)
}

// unpin forgets what was approved of a server, and of what clients have in its place.
func unpin(registryFile, server string) (bool, error) {
	pins, err := pin.Load(pin.Path(registryFile))
	if err != nil {
		return false, err
	}
	removed := false
	for _, id := range pins.Servers() {
		if registry.BaseOf(id) == server {
			removed = pins.Remove(id)
		}
	}
	if !removed {
		return false, nil
	}
	return true, pins.Save()
}

// reloadIfRunning makes a running loomd read the registry, and reports that there
// is one.
func reloadIfRunning(ctx context.Context, io *IO, dial func(context.Context) (*Conn, error)) (bool, error) {
	conn, err := dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = reload(ctx, io, conn)
	return err == nil, err
}

// printLineDiff shows the lines of a text of the user's own that change.
func printLineDiff(io *IO, before, after []byte) {
	lines := func(data []byte) []string {
		var out []string
		for line := range strings.Lines(string(data)) {
			out = append(out, visible(strings.TrimRight(line, "\r\n")))
		}
		return out
	}
	for _, d := range diffLines(lines(before), lines(after)) {
		switch d.mark {
		case '-':
			fmt.Fprintln(io.Out, io.paint("- "+d.text, bad))
		case '+':
			fmt.Fprintln(io.Out, io.paint("+ "+d.text, good))
		}
	}
}
