package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/proxy/internal/launch"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2 // the command line is wrong
	exitNotRunning  = 3 // loomd is not running
	exitInterrupted = 128 + int(syscall.SIGINT)
)

// Groups of commands in the help.
const (
	groupDaemon   = "daemon"
	groupRegistry = "registry"
	groupTools    = "tools"
	groupClients  = "clients"
	groupMore     = "more"
)

// Main runs loom with args, without the program's name, and returns its exit code.
func Main(args []string) int {
	if len(args) > 0 && args[0] == launch.DetachArgument {
		return launch.Detach(args[1:])
	}
	// The first signal ends what is being done; the second one ends us.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	streams := newIO()
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		streams.quiet = true
	}
	f := newFactory(streams)
	defer f.close()

	root := newRoot(f)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if status := exitStatus(0); errors.As(err, &status) {
		return int(status)
	}
	if err != nil && ctx.Err() != nil {
		streams.Note("interrupted")
		return exitInterrupted
	}
	return printError(streams, err)
}

// newRoot makes the command tree.
func newRoot(f *Factory) *cobra.Command {
	root := &cobra.Command{
		Use:   "loom",
		Short: "One local hub for all your MCP servers",
		Long: `Loom is one local hub for all your MCP servers.

Every AI client gets a single entry, which "loom sync" writes. The servers
themselves are described once, in registry.yaml, and run once, by loomd.`,
		Example: `  loom init                        take over what your AI clients have, and give each its entry
  loom enable git                  switch on a server that is shipped with Loom
  loom add time -- uvx mcp-server-time
  loom sync                        give every client its entry
  loom call git__get_status`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			err := usagef(cmd, "unknown command %q", args[0])
			for _, name := range nearest(args[0], commandNames(cmd)) {
				err = withHint(err, "did you mean: loom %s", name)
			}
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	root.SetIn(f.IO.In)
	root.SetOut(f.IO.Out)
	root.SetErr(f.IO.Err)
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usagef(cmd, "%w", err) })

	flags := root.PersistentFlags()
	flags.StringVar(&f.flags.registry, "registry", "", "read this registry `file` and no other (LOOM_REGISTRY)")
	flags.StringVar(&f.flags.socket, "socket", "", "`path` of loomd's socket (LOOM_SOCKET)")
	root.MarkPersistentFlagFilename("registry", "yaml", "yml")
	flags.SortFlags = false

	root.AddGroup(
		&cobra.Group{ID: groupDaemon, Title: "loomd:"},
		&cobra.Group{ID: groupRegistry, Title: "Servers:"},
		&cobra.Group{ID: groupTools, Title: "Tools:"},
		&cobra.Group{ID: groupClients, Title: "Clients:"},
		&cobra.Group{ID: groupMore, Title: "More:"},
	)
	add := func(group string, cmds ...*cobra.Command) {
		for _, cmd := range cmds {
			cmd.GroupID = group
			root.AddCommand(cmd)
		}
	}
	add(groupDaemon, NewCmdStart(f, nil), NewCmdStop(f, nil), NewCmdStatus(f, nil), NewCmdReload(f, nil), NewCmdMetrics(f, nil), NewCmdAudit(f, nil), NewCmdTrace(f, nil), NewCmdService(f, nil), NewCmdEnv(f, nil))
	add(groupRegistry, NewCmdServers(f, nil), NewCmdAdd(f, nil), NewCmdRemove(f, nil), NewCmdEnable(f, nil), NewCmdDisable(f, nil), NewCmdRestart(f, nil), NewCmdLogs(f, nil), NewCmdPin(f, nil), NewCmdTrust(f, nil), NewCmdUntrust(f, nil), NewCmdEdit(f, nil), NewCmdValidate(f, nil), NewCmdRegistry(f, nil), NewCmdProfile(f, nil), NewCmdSecret(f), NewCmdUnlock(f, nil))
	add(groupTools, NewCmdTools(f, nil), NewCmdCall(f, nil))
	add(groupClients, NewCmdInit(f, nil), NewCmdImport(f, nil), NewCmdSync(f, nil), NewCmdUnsync(f, nil), NewCmdGenerate(f, nil), NewCmdConfigLine(f, nil), NewCmdProxy(f, nil), NewCmdRun(f, nil))
	add(groupMore, NewCmdDoctor(f, nil), NewCmdUninstall(f, nil), NewCmdVersion(f, nil))
	root.SetHelpCommandGroupID(groupMore)
	root.SetCompletionCommandGroupID(groupMore)
	cobra.EnableCommandSorting = false
	return root
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

const usageTemplate = `Usage:
  {{if and .HasParent .Runnable}}{{.UseLine}}{{else}}{{.CommandPath}} COMMAND{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}
{{- end}}
{{- $cmd := .}}
{{- range .Groups}}{{$group := .}}

{{.Title}}
{{- range $cmd.Commands}}{{if and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}}  {{.Short}}
{{- end}}{{end}}
{{- end}}
{{- if and .HasAvailableSubCommands (not .Groups)}}

Commands:
{{- range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}
{{- end}}{{end}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableInheritedFlags}}

Global flags:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableSubCommands}}

{{.CommandPath}} COMMAND --help says more about a command.
{{- end}}
`
