package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/loomrpc"
)

// StatusOptions are what `loom status` needs.
type StatusOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)
	Now  func() time.Time

	JSON bool
}

// NewCmdStatus makes `loom status`.
func NewCmdStatus(f *Factory, runF func(context.Context, *StatusOptions) error) *cobra.Command {
	opts := &StatusOptions{IO: f.IO, Dial: f.Dial, Now: time.Now}
	if runF == nil {
		runF = runStatus
	}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show whether loomd runs, its servers and the clients that use it",
		Long: `Show whether loomd runs, its servers and the clients that use it.

Exits with 3 when loomd does not run.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

func runStatus(ctx context.Context, opts *StatusOptions) error {
	conn, err := opts.Dial(ctx)
	if err != nil {
		return err
	}
	var status loomrpc.Status
	if err := conn.Call(ctx, loomrpc.MethodStatus, nil, &status); err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(status)
	}
	printStatus(opts, status)
	return nil
}

func printStatus(opts *StatusOptions, s loomrpc.Status) {
	io, now := opts.IO, opts.Now()
	fmt.Fprintf(io.Out, "loomd %s %s (pid %d, up %s)\n", s.Version, io.paint("is running", good), s.PID, age(now.Sub(s.Started)))
	if s.Newer != "" { // where loomd was replaced on disk, too, it goes over by itself
		fmt.Fprintf(io.Out, "%s loom %s is connected. Install that loomd, too; or, if it is installed elsewhere: loom stop && loom start\n",
			io.paint("A newer", warn), s.Newer)
	}
	fmt.Fprintln(io.Out)
	facts := newTable(io, "", "")
	facts.row("socket", s.Socket)
	facts.row("registry", s.Registry)
	layerRows(facts, s)
	environment := cell{text: s.Environment}
	if s.Environment == environ.Guessed {
		environment = cell{"guessed, since none was saved: run loom stop && loom start", warn}
	}
	facts.row("environment", environment)
	facts.row("keyring", keyringCell(s.Keyring))
	if s.Metrics == "" {
		s.Metrics = "off"
	}
	facts.row("metrics", s.Metrics)
	facts.row("state", s.StateDir)
	if s.Traces > 0 {
		facts.row("trace", cell{plural(s.Traces, "listener") + " to messages now", warn})
	}
	facts.print()
	if s.RegistryError != "" {
		fmt.Fprintf(io.Out, "\n%s The registry before it is still in use.\n%s\n",
			io.paint("The last reload failed.", bad), indent(s.RegistryError, "  "))
	}
	printAuditStatus(io, s.Audit)
	for i, note := range s.Notes {
		if i == 0 {
			fmt.Fprintln(io.Out)
		}
		fmt.Fprintf(io.Out, "%s %s\n", io.paint("note:", warn), oneLine(note))
	}

	fmt.Fprintln(io.Out)
	if servers := serverTable(io, s.Servers); len(servers.rows) == 0 {
		fmt.Fprintln(io.Out, "No servers yet; loom servers tells how to add one.")
	} else {
		servers.print()
		printFailures(io, s.Servers)
	}
	printProjects(io, s.Projects)

	fmt.Fprintln(io.Out)
	if len(s.Sessions) == 0 {
		fmt.Fprintln(io.Out, "No client is connected; loom config-line prints what goes into its config.")
		return
	}
	clients := newTable(io, "CLIENT", "PROFILE", ">PID", "SINCE", ">CALLS", "DIRECTORY")
	for _, c := range s.Sessions {
		name := oneLine(c.Client)
		if name == "" {
			name = "?"
		}
		clients.row(name, c.Profile, fmt.Sprint(c.PID), age(now.Sub(c.Since)), c.Calls, c.Dir)
	}
	clients.print()
}

// layerRows name the files that count beside the user's own.
func layerRows(facts *table, s loomrpc.Status) {
	for _, l := range s.Layers {
		if l.Path == s.Registry {
			continue
		}
		label := "with"
		if l.Name == "policy" {
			label = "under"
		}
		facts.row(label, fmt.Sprintf("%s (%s)", l.Path, l.Name))
	}
}

// printAuditStatus says what is wrong with the audit log, if anything is.
func printAuditStatus(io *IO, s loomrpc.AuditStatus) {
	if s.Dropped > 0 {
		fmt.Fprintf(io.Out, "\n%s %s lost since loomd started; the disk did not take them in time.\n",
			io.paint("The audit log has gaps:", bad), plural(int(s.Dropped), "record"))
	}
	if s.Error != "" {
		fmt.Fprintf(io.Out, "\n%s Calls go on.\n%s\n", io.paint("The audit log cannot be written.", bad), indent(s.Error, "  "))
	}
}

// States of a process, as loomd says them.
const (
	stateReady    = "ready"
	stateStarting = "starting"
	stateStopped  = "stopped"
)

// stateOf says in one word how a server is: the best state of its processes,
// or, without one, why there is none.
func stateOf(s loomrpc.ServerStatus) cell {
	if s.Denied != "" {
		return cell{"forbidden", bad}
	}
	if !s.Enabled {
		return cell{"off", dim}
	}
	found := ""
	for _, i := range s.Instances {
		switch {
		case i.State == stateReady:
			return cell{stateReady, good}
		case i.State == stateStarting, found == "" && i.State != stateStopped:
			found = i.State
		}
	}
	switch {
	case found != "":
		return cell{found, warn}
	case s.LastError != "":
		return cell{"failed", bad}
	case !s.Known:
		return cell{"never started", dim}
	}
	return cell{"idle", dim} // starts at the next call
}

func failed(s loomrpc.ServerStatus) bool { return stateOf(s).text == "failed" }

// toolsOf and tokensOf are "-" for a server whose definitions nobody has seen.
func toolsOf(s loomrpc.ServerStatus) any {
	if !s.Known {
		return "-"
	}
	return s.Tools
}

func tokensOf(s loomrpc.ServerStatus) any {
	if !s.Known {
		return "-"
	}
	return s.Tokens
}

// printFailures tells why the failed servers failed.
func printFailures(io *IO, servers []loomrpc.ServerStatus) {
	for _, s := range servers {
		if s.Denied != "" {
			fmt.Fprintf(io.Out, "\n%s %s\n", io.paint(cmp.Or(s.ID, s.Name)+" is off:", bad), s.Denied)
		}
		if failed(s) {
			printFailure(io, cmp.Or(s.ID, s.Name), s.LastError)
		}
	}
}

func printFailure(io *IO, server, reason string) {
	fmt.Fprintf(io.Out, "\n%s\n%s\n", io.paint(server+" failed:", bad), indent(reason, "  "))
	// loomd's own errors may name the mending command already.
	if !strings.Contains(reason, "hint: ") {
		fmt.Fprintf(io.Out, "  hint: loom logs %s\n", server)
	}
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by)
}
