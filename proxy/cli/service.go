package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/proxy/internal/service"
	"github.com/loom-core/loom/registry"
)

// ServiceOptions are what `loom service` needs.
type ServiceOptions struct {
	IO           *IO
	Dirs         func() (localsock.Dirs, error)
	Socket       func() (string, error)
	Registry     func() (*registry.Registry, error)
	RegistryFile func() (RegistryFile, error)
	Dial         func(context.Context) (*Conn, error)
	Service      func() (*service.Service, error)
	Env          []string

	JSON bool
}

// NewCmdService makes `loom service`.
func NewCmdService(f *Factory, runF func(context.Context, *ServiceOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "Have loomd start with your session: systemd or launchd",
		Long: `Have loomd start with your session: as a systemd user unit, or a launchd agent.

It is a convenience. Without it loomd is started, detached, when a command or a
client needs it.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	verb := func(use, short, long string, run func(context.Context, *ServiceOptions) error) {
		opts := &ServiceOptions{
			IO: f.IO, Dirs: f.Dirs, Socket: f.Socket, Registry: f.Registry, RegistryFile: f.RegistryFile,
			Dial: f.Dial, Service: f.Service, Env: os.Environ(),
		}
		if runF != nil {
			run = runF
		}
		sub := &cobra.Command{
			Use: use, Short: short, Long: long,
			Args:              usageArgs(cobra.NoArgs),
			ValidArgsFunction: cobra.NoFileCompletions,
			RunE:              func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), opts) },
		}
		sub.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
		cmd.AddCommand(sub)
	}
	verb("install", "Write the service, and start it now and at every login", `Write the service, and start it now and at every login.

The environment of this shell is saved for it, as loom env save does. A loomd
that runs already is left alone: the service takes over when it has ended.`, runServiceInstall)
	verb("uninstall", "Stop the service and remove what install wrote", `Stop the service and remove what install wrote.

A file that loom did not write is left alone. The saved environment stays.`, runServiceUninstall)
	verb("status", "Show whether the service is installed, and whether it runs", `Show whether the service is installed, whether it starts at login, and whether
it runs.`, runServiceStatus)
	return cmd
}

func runServiceInstall(ctx context.Context, opts *ServiceOptions) error {
	s, err := opts.Service()
	if err != nil {
		return err
	}
	spec, err := serviceSpec(opts)
	if err != nil {
		return err
	}
	if err := s.Available(ctx); err != nil {
		return withHint(err, "%s", withoutService)
	}
	reg, err := opts.Registry()
	if err != nil {
		return err // a loomd that cannot start helps nobody
	}
	if _, err := saveEnvironment(opts.IO, spec.Environment, opts.Env, reg); err != nil {
		return err
	}
	changed, err := s.Install(ctx, spec)
	if err != nil {
		return err
	}
	running, err := startService(ctx, opts, s)
	if err != nil {
		return err
	}
	if opts.JSON {
		return printServiceStatus(ctx, opts, s)
	}
	status, err := s.Status(ctx)
	if err != nil {
		return err
	}
	what := "is installed already"
	if changed {
		what = "is installed"
	}
	fmt.Fprintf(opts.IO.Out, "the service %s (%s)\n", what, status.File)
	if running != 0 && running != status.PID {
		opts.IO.Note("loomd runs already, not as a service (pid %d)", running)
		opts.IO.Hint("the service takes over after: loom stop && loom start")
	}
	return nil
}

// startService starts it unless a loomd serves already, whose pid it returns.
func startService(ctx context.Context, opts *ServiceOptions, s *service.Service) (running int, err error) {
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		return 0, s.Start(ctx)
	}
	if err != nil {
		return 0, err
	}
	var status loomrpc.Status
	err = conn.Call(ctx, loomrpc.MethodStatus, nil, &status)
	return status.PID, err
}

// serviceSpec is what the service is to run. It serves the usual socket and
// registry: a loom that names others starts a loomd of its own for them.
func serviceSpec(opts *ServiceOptions) (service.Spec, error) {
	dirs, err := opts.Dirs()
	if err != nil {
		return service.Spec{}, err
	}
	socket, err := opts.Socket()
	if err != nil {
		return service.Spec{}, err
	}
	usual, err := dirs.DefaultSocket()
	if err != nil {
		return service.Spec{}, err
	}
	file, err := opts.RegistryFile()
	if err != nil {
		return service.Spec{}, err
	}
	if file.Named || socket != usual {
		return service.Spec{}, withHint(errors.New("the service has the usual registry and socket, and others are named now"), "run it without --registry and --socket, LOOM_REGISTRY and LOOM_SOCKET")
	}
	loomd, err := launch.Find(dirs)
	return service.Spec{Loomd: loomd, Environment: dirs.SavedEnvironment(), Log: dirs.DaemonLog()}, err
}

func runServiceUninstall(ctx context.Context, opts *ServiceOptions) error {
	s, err := opts.Service()
	if err != nil {
		return err
	}
	removed, err := s.Uninstall(ctx)
	if err != nil {
		return err
	}
	if opts.JSON {
		return printServiceStatus(ctx, opts, s)
	}
	if !removed {
		fmt.Fprintln(opts.IO.Out, "no service is installed")
		return nil
	}
	fmt.Fprintln(opts.IO.Out, "the service is removed")
	opts.IO.Hint("%s", withoutService)
	return nil
}

// withoutService is what happens when there is none.
const withoutService = "without a service loomd is started, detached, when a command or a client needs it"

func runServiceStatus(ctx context.Context, opts *ServiceOptions) error {
	s, err := opts.Service()
	if err != nil {
		return err
	}
	if opts.JSON {
		return printServiceStatus(ctx, opts, s)
	}
	status, err := s.Status(ctx)
	if err != nil {
		return err
	}
	if status.Unavailable != "" {
		fmt.Fprintf(opts.IO.Out, "no service manager: %s\n", status.Unavailable)
		opts.IO.Hint("%s", withoutService)
		if !status.Installed {
			return nil
		}
		fmt.Fprintln(opts.IO.Out)
	}
	yes := func(is bool) cell {
		if is {
			return cell{"yes", good}
		}
		return cell{"no", dim}
	}
	t := newTable(opts.IO, "", "")
	t.row("manager", status.Manager)
	installed := yes(status.Installed)
	if status.Foreign {
		installed = cell{"no: the file is not from loom", warn}
	}
	t.row("installed", installed)
	t.row("file", status.File)
	t.row("at login", yes(status.Enabled))
	running := yes(status.Running)
	if status.PID != 0 {
		running.text += fmt.Sprintf(" (pid %d)", status.PID)
	}
	t.row("running", running)
	t.print()
	if !status.Installed && status.Unavailable == "" && !status.Foreign {
		opts.IO.Hint("loom service install")
	}
	return nil
}

func printServiceStatus(ctx context.Context, opts *ServiceOptions, s *service.Service) error {
	status, err := s.Status(ctx)
	if err != nil {
		return err
	}
	return opts.IO.JSON(status)
}
