package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/registry"
)

// ValidateOptions are what `loom validate` needs.
type ValidateOptions struct {
	SecretOptions
	RegistryFile func() (RegistryFile, error)
	Scan         func() (string, error) // path of loom-scan

	What   string // registry, all, or a file
	Strict bool
}

// NewCmdValidate makes `loom validate`.
func NewCmdValidate(f *Factory, runF func(context.Context, *ValidateOptions) error) *cobra.Command {
	opts := &ValidateOptions{SecretOptions: newSecretOptions(f), RegistryFile: f.RegistryFile, Scan: launch.FindScan}
	if runF == nil {
		runF = runValidate
	}
	cmd := &cobra.Command{
		Use:   "validate [registry|all|FILE]",
		Short: "Check the registry: mistakes, what is missing, and secrets in plain text",
		Long: `Check the registry, all its layers or one FILE: mistakes, commands that are not
there, references without a value, rules that match nothing, tools over a client's
limit, and secrets in plain text. No value is ever printed.

What a server defines is known when loomd runs. Exits with 1 on errors, with --strict
on warnings too.`,
		Example: `  loom validate
  loom validate registry.yaml --strict     in CI, without loomd
  loom validate configs                    the clients' files, too`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []cobra.Completion{"registry", "all"}, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.What = "registry"
			if len(args) == 1 {
				opts.What = args[0]
			}
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.Strict, "strict", false, "warnings count as errors")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	cmd.AddCommand(newCmdValidateConfigs(f, nil))
	return cmd
}

// flaw is one thing that is wrong, or may be.
type flaw struct {
	Severity string `json:"severity"` // error, warning or note
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"` // the command that mends it
}

const (
	severityError   = "error"
	severityWarning = "warning"
	severityNote    = "note" // nothing is wrong
)

// flaws collects them.
type flaws struct{ list []flaw }

func (f *flaws) add(severity string, at registry.Position, hint, format string, args ...any) {
	f.list = append(f.list, flaw{severity, at.File, at.Line, at.Column, fmt.Sprintf(format, args...), hint})
}

func runValidate(ctx context.Context, opts *ValidateOptions) error {
	sources, err := opts.sources()
	if err != nil {
		return err
	}
	all := &flaws{}
	reg, err := sources.Load()
	var invalid *registry.ValidationError
	switch {
	case errors.As(err, &invalid):
		for _, p := range invalid.Problems {
			all.add(severityError, p.Pos, p.Hint, "%s", p.Message)
		}
	case err != nil:
		return err
	default:
		if err := opts.meaning(ctx, reg, all); err != nil {
			return err
		}
	}
	if err := opts.plain(ctx, files(sources, reg), all); err != nil {
		return err
	}
	sort.SliceStable(all.list, func(i, j int) bool {
		a, b := all.list[i], all.list[j]
		return a.File < b.File || a.File == b.File && (a.Line < b.Line || a.Line == b.Line && a.Column < b.Column)
	})
	return opts.report(all.list)
}

// sources are the files to be read: all layers, or the one that was named.
func (opts *ValidateOptions) sources() (registry.Sources, error) {
	dirs, err := opts.Dirs()
	if err != nil {
		return registry.Sources{}, err
	}
	file, err := opts.RegistryFile()
	if err != nil {
		return registry.Sources{}, err
	}
	if opts.What != "registry" && opts.What != "all" {
		path, err := filepath.Abs(opts.What)
		if err != nil {
			return registry.Sources{}, fmt.Errorf("resolving %s: %w", opts.What, err)
		}
		if _, err := os.Stat(path); err != nil {
			return registry.Sources{}, fmt.Errorf("reading registry: %w", err)
		}
		file = RegistryFile{Path: path, Named: true}
	}
	return file.sources(dirs), nil
}

// files are those whose text is looked at.
func files(sources registry.Sources, reg *registry.Registry) []string {
	paths := []string{sources.Path()}
	if reg != nil {
		for _, f := range reg.Files {
			if !slices.Contains(paths, f.Path) {
				paths = append(paths, f.Path)
			}
		}
	}
	return paths
}

// meaning checks what a valid registry says.
func (opts *ValidateOptions) meaning(ctx context.Context, reg *registry.Registry, all *flaws) error {
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	checkStart(ctx, reg, dirs, opts.Env, all)
	if err := opts.checkSecrets(reg, all); err != nil {
		return err
	}
	checkProfiles(reg, all)
	checkTargets(reg, all)
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		all.add(severityWarning, registry.Position{}, "loom start", "loomd does not run, so rules for tools and the number of tools were not checked")
		return nil
	}
	if err != nil {
		return err
	}
	return checkTools(ctx, conn, reg, all)
}

func (opts *ValidateOptions) report(list []flaw) error {
	errorsFound, warnings := 0, 0
	for _, f := range list {
		if f.Severity == severityError {
			errorsFound++
		} else {
			warnings++
		}
	}
	if opts.JSON {
		if err := opts.IO.JSON(append([]flaw{}, list...)); err != nil {
			return err
		}
	} else {
		printFindings(opts.IO, list)
		switch {
		case len(list) == 0:
			fmt.Fprintln(opts.IO.Out, "nothing is wrong")
		default:
			fmt.Fprintf(opts.IO.Out, "%s, %s\n", plural(errorsFound, "error"), plural(warnings, "warning"))
		}
	}
	if errorsFound > 0 || opts.Strict && warnings > 0 {
		return errPrinted
	}
	return nil
}

func printFindings(io *IO, list []flaw) {
	for _, f := range list {
		where := ""
		if f.Line > 0 {
			where = registry.Position{File: f.File, Line: f.Line, Column: f.Column}.String() + ": "
		} else if f.File != "" {
			where = f.File + ": "
		}
		st := map[string]style{severityError: bad, severityWarning: warn, severityNote: dim}[f.Severity]
		fmt.Fprintf(io.Out, "%s%s: %s\n", where, io.paint(f.Severity, st), f.Message)
		if f.Hint != "" {
			fmt.Fprintf(io.Out, "  hint: %s\n", f.Hint)
		}
	}
}
