package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/registry/trust"
)

// UntrustOptions are what `loom untrust` needs.
type UntrustOptions struct {
	IO   *IO
	Dirs func() (localsock.Dirs, error)
	Dial func(context.Context) (*Conn, error)

	Dir  string
	JSON bool
}

// NewCmdUntrust makes `loom untrust`.
func NewCmdUntrust(f *Factory, runF func(context.Context, *UntrustOptions) error) *cobra.Command {
	opts := &UntrustOptions{IO: f.IO, Dirs: f.Dirs, Dial: f.Dial}
	if runF == nil {
		runF = runUntrust
	}
	cmd := &cobra.Command{
		Use:   "untrust [DIR]",
		Short: "Take back what loom trust allowed; the project's servers end at once",
		Long: `Take back what loom trust allowed; the project's servers end at once.

Calls that they have are answered with an error. DIR may be a folder that is
not there any more.`,
		Example:           `  loom untrust ~/src/app`,
		Args:              usageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completeFolders,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opts.Dir = args[0]
			}
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// untrusted is what `loom untrust --json` prints.
type untrusted struct {
	Project string `json:"project"` // its folder
}

func runUntrust(ctx context.Context, opts *UntrustOptions) error {
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	var dir string
	err = trust.Update(trust.Path(dirs.State), func(s *trust.Store) (err error) {
		if dir, err = trustedProject(opts.Dir, s.Dirs()); err == nil {
			s.Untrust(dir)
		}
		return err
	})
	if err != nil {
		return err
	}
	if _, err := lookAgain(ctx, opts.Dial, dir); err != nil {
		return notTold(fmt.Sprintf("%s is not trusted any more", visible(dir)), err)
	}
	if opts.JSON {
		return opts.IO.JSON(untrusted{dir})
	}
	fmt.Fprintf(opts.IO.Out, "%s is not trusted any more\n", visible(dir))
	return nil
}

// trustedProject is the one of the trusted projects that a folder is in.
func trustedProject(dir string, trusted []string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("resolving %s: %w", dir, err)
	}
	paths := []string{abs}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		paths = append(paths, real)
	}
	for _, path := range paths {
		for ; path != filepath.Dir(path); path = filepath.Dir(path) {
			if slices.Contains(trusted, path) {
				return path, nil
			}
		}
	}
	return "", withHint(fmt.Errorf("%s is in no project that is trusted", visible(abs)), "loom trust --list")
}
