package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/proxy/internal/review"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// ValidateConfigsOptions are what `loom validate configs` needs.
type ValidateConfigsOptions struct {
	ValidateOptions
	Host func() (target.Host, error)
	Dir  string // of the project

	Targets []string // empty: all
}

func newCmdValidateConfigs(f *Factory, runF func(context.Context, *ValidateConfigsOptions) error) *cobra.Command {
	dir, _ := os.Getwd() // a folder that was removed has no name, and no project
	opts := &ValidateConfigsOptions{
		ValidateOptions: ValidateOptions{SecretOptions: newSecretOptions(f), RegistryFile: f.RegistryFile, Scan: launch.FindScan},
		Host:            target.ThisHost, Dir: dir,
	}
	if runF == nil {
		runF = runValidateConfigs
	}
	cmd := &cobra.Command{
		Use:   "configs [CLIENT...]",
		Short: "Check the clients' own files, and what was generated for them",
		Long: `Check the clients' own files, those of this folder's project, and what was generated
for them: secrets in plain text in the entries of MCP servers, Loom's and others',
entries that the client does not read, and more tools or longer names than it takes.
No value is ever printed, and nothing else in the files is looked at.

What tools there are is known when loomd runs. Exits with 1 on findings; what has no
more than to be known is a note.`,
		Example: `  loom validate configs
  loom validate configs vscode codex --json`,
		ValidArgsFunction: completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, id := range args {
				if err := knownTarget(cmd, id); err != nil {
					return err
				}
			}
			opts.Targets = args
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

func (opts *ValidateConfigsOptions) wants(id string) bool {
	return len(opts.Targets) == 0 || slices.Contains(opts.Targets, "all") || slices.Contains(opts.Targets, id)
}

func runValidateConfigs(ctx context.Context, opts *ValidateConfigsOptions) error {
	host, err := opts.Host()
	if err != nil {
		return err
	}
	seen := &reviewed{flaws: &flaws{}}
	for _, t := range target.All() {
		if opts.wants(t.ID) {
			opts.reviewClient(seen, t, host)
		}
	}
	for _, dead := range review.DeadFiles(host) {
		if _, err := os.Lstat(dead.Path); err == nil && opts.wants(dead.Target.ID) {
			seen.add(severityError, registry.Position{File: dead.Path}, dead.Mend, "%s does not read this file", dead.Target.Name)
		}
	}
	if err := opts.reviewGenerated(seen); err != nil {
		return err
	}
	if err := seen.scan(ctx, opts.Scan); err != nil {
		return err
	}
	if err := opts.checkLimits(ctx, seen); err != nil {
		return err
	}
	return opts.reportConfigs(seen)
}

// reviewClient looks at the user's file of a client, and at that of the project.
func (opts *ValidateConfigsOptions) reviewClient(seen *reviewed, t target.Target, host target.Host) {
	before := seen.files
	seen.file(t, t.UserFile(host))
	if path := t.ProjectFile(opts.Dir); path != "" && path != t.UserFile(host) { // the folder may be the user's own
		if names := seen.file(t, path); len(names) > 0 {
			if what := review.NotApproved(t, host, opts.Dir, names); what != "" {
				seen.add(severityNote, registry.Position{File: path}, "", "%s", what)
			}
		}
	}
	if seen.files > before {
		seen.clients = append(seen.clients, t)
	}
}

func (opts *ValidateConfigsOptions) reportConfigs(seen *reviewed) error {
	list := seen.list
	slices.SortStableFunc(list, func(a, b flaw) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	findings := 0
	for _, f := range list {
		if f.Severity != severityNote {
			findings++
		}
	}
	if opts.JSON {
		if err := opts.IO.JSON(append([]flaw{}, list...)); err != nil {
			return err
		}
	} else {
		printFindings(opts.IO, list)
		what := "nothing is wrong"
		if findings > 0 {
			what = plural(findings, "finding")
		}
		var names []string
		for _, t := range seen.clients {
			names = append(names, t.ID)
		}
		of := ""
		if len(names) > 0 {
			of = " (" + strings.Join(names, ", ") + ")"
		}
		fmt.Fprintf(opts.IO.Out, "%s: looked at %s of clients%s and %d generated\n", what, plural(seen.files, "file"), of, seen.generated)
	}
	if findings > 0 {
		return errPrinted
	}
	return nil
}
