package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
)

// VersionOptions are what `loom version` needs.
type VersionOptions struct {
	IO      *IO
	Version string
	Dial    func(context.Context) (*Conn, error)

	JSON bool
}

// NewCmdVersion makes `loom version`.
func NewCmdVersion(f *Factory, runF func(context.Context, *VersionOptions) error) *cobra.Command {
	opts := &VersionOptions{IO: f.IO, Version: f.Version, Dial: f.Dial}
	if runF == nil {
		runF = runVersion
	}
	cmd := &cobra.Command{
		Use:               "version",
		Short:             "Print the versions of loom and of the loomd that runs",
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

type versions struct {
	Loom  string `json:"loom"`
	Loomd string `json:"loomd,omitempty"`
	Go    string `json:"go"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
}

func runVersion(ctx context.Context, opts *VersionOptions) error {
	v := versions{Loom: opts.Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	conn, err := opts.Dial(ctx) // which warns when the versions differ
	switch {
	case err == nil:
		v.Loomd = conn.Version
	case !errors.Is(err, localsock.ErrNotRunning):
		opts.IO.Note("%v", err)
	}
	if opts.JSON {
		return opts.IO.JSON(v)
	}
	fmt.Fprintf(opts.IO.Out, "loom   %s (%s, %s/%s)\n", v.Loom, v.Go, v.OS, v.Arch)
	if v.Loomd == "" {
		v.Loomd = "not running"
	}
	fmt.Fprintf(opts.IO.Out, "loomd  %s\n", v.Loomd)
	return nil
}
