package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/inventory"
	"github.com/loom-core/loom/registry"
)

// InitOptions are what `loom init` needs.
type InitOptions struct {
	*ImportOptions
	NoVerify bool
}

// NewCmdInit makes `loom init`.
func NewCmdInit(f *Factory, runF func(context.Context, *InitOptions) error) *cobra.Command {
	opts := &InitOptions{ImportOptions: newImportOptions(f)}
	opts.everyClient = true
	if runF == nil {
		runF = runInit
	}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Set Loom up: take over your clients' servers, and give every client its entry",
		Long: `Set Loom up, in one go: find the AI clients of this machine, take over the servers that
they have (see loom import), switch on servers that come with Loom, start loomd, give
every client its entry (see loom sync), and make one real call through it.

The plan is shown first, and nothing is written before you accept it. loom unsync puts
all of it back.`,
		Example: `  loom init --dry-run          the plan alone
  loom init
  loom init --yes --enable git --from codex,claude`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opts.check(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	opts.flags(cmd)
	cmd.Flags().StringSliceVar(&opts.Enable, "enable", nil, "switch these `servers` on, which come with Loom")
	cmd.Flags().BoolVar(&opts.NoVerify, "no-verify", false, "do not make a call at the end")
	cmd.RegisterFlagCompletionFunc("enable", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return shippedServers(), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func shippedServers() []string {
	var names []string
	for _, s := range registry.Shipped() {
		names = append(names, string(s.Name))
	}
	return names
}

func runInit(ctx context.Context, opts *InitOptions) error {
	noCoreDump()
	for _, name := range opts.Enable {
		if !slices.Contains(shippedServers(), name) {
			return suggest(fmt.Errorf("no server %q comes with Loom", name), name, shippedServers(), "these do: "+strings.Join(shippedServers(), ", "))
		}
	}
	plan, err := opts.plan(ctx)
	if err != nil {
		return err
	}
	if names := plan.clients(); len(names) > 0 {
		fmt.Fprintf(opts.IO.Out, "Found: %s\n\n", strings.Join(names, ", "))
	}
	if err := opts.choose(ctx, plan); err != nil {
		return err
	}
	printTakeover(opts.ImportOptions, plan)
	if len(opts.Enable) > 0 {
		fmt.Fprintf(opts.IO.Out, "\nSwitched on, of what comes with Loom: %s\n", strings.Join(opts.Enable, ", "))
	}
	if len(plan.files) == 0 && len(plan.unreadable) == 0 {
		fmt.Fprintln(opts.IO.Out, "No AI client was found here.")
		opts.IO.Hint("loom sync CLIENT writes the file of one that is named; loom config-line prints what goes into any other")
	}
	if opts.DryRun {
		return nil
	}
	yes, err := opts.accepted(ctx, "Do all this?")
	if err != nil || !yes {
		return err
	}
	failed := opts.apply(ctx, plan)
	if failed != nil && !errors.Is(failed, errPrinted) {
		return failed
	}
	if !opts.NoVerify {
		if err := opts.verify(ctx, plan); err != nil {
			return err
		}
	}
	return failed
}

// choose asks which servers, where somebody can be asked and nothing was said.
func (opts *InitOptions) choose(ctx context.Context, p *importPlan) error {
	if opts.Yes || opts.DryRun {
		return nil
	}
	t, err := opts.Terminal()
	if errors.Is(err, errNoTerminal) {
		return nil
	}
	if err != nil {
		return err
	}
	defer t.close()
	if len(p.servers()) > 0 && len(opts.Only) == 0 {
		var names []string
		for _, s := range p.servers() {
			names = append(names, string(s.Name))
		}
		out, err := t.names(ctx, names, "Your clients have the servers %s.\nNames to leave out (Enter: none): ", strings.Join(names, ", "))
		if err != nil {
			return err
		}
		if len(out) > 0 {
			for _, name := range names {
				if !slices.Contains(out, name) {
					opts.Only = append(opts.Only, name)
				}
			}
			if len(opts.Only) == 0 {
				opts.Only = []string{""} // none
			}
			p.drop(opts.wants)
			if err := opts.planFiles(p, p.servers()); err != nil {
				return err
			}
		}
	}
	if len(opts.Enable) > 0 {
		return nil
	}
	reg, err := opts.Registry()
	if err != nil {
		return err
	}
	var off []string
	for _, s := range registry.Shipped() {
		taken := slices.ContainsFunc(p.servers(), func(o inventory.Server) bool { return o.Name == s.Name })
		if there, ok := reg.Server(s.Name); !taken && (!ok || !there.Enabled) {
			off = append(off, string(s.Name))
		}
	}
	if len(off) == 0 {
		return nil
	}
	opts.Enable, err = t.names(ctx, off, "With Loom come the servers %s.\nNames to switch on (Enter: none): ", strings.Join(off, ", "))
	return err
}

// names asks for some of these names. What is none of them is asked for again.
func (t *terminal) names(ctx context.Context, known []string, format string, args ...any) ([]string, error) {
	for {
		line, err := t.line(ctx, format, args...)
		if err != nil {
			return nil, err
		}
		names := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
		wrong := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(known, n) })
		if len(wrong) == 0 {
			return names, nil
		}
		fmt.Fprintf(t.file, "There is none called %s.\n", strings.Join(wrong, ", "))
	}
}

// clients are the names of the clients whose files were looked at.
func (p *importPlan) clients() []string {
	var names []string
	for _, f := range p.files {
		names = append(names, f.Target.Name)
	}
	return names
}

// applied are the clients' files that have Loom's entry now.
func (p *importPlan) applied() []clientsync.Change {
	return slices.DeleteFunc(slices.Clone(p.changes), func(c clientsync.Change) bool { return c.Blocked() || len(c.Entries) == 0 })
}
