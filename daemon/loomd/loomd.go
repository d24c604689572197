// Package loomd is the daemon's command line: flags and signals on one side,
// app.Options on the other. It is a package of its own so that the end-to-end
// tests run it as a process of the test binary.
package loomd

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/daemon/internal/app"
	"github.com/loom-core/loom/daemon/internal/redact"
	"github.com/loom-core/loom/daemon/internal/ring"
)

// Exit codes of loomd.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitInUse  = 3 // another loomd serves: for whoever started this one, all is well
)

// DefaultMetrics is where metrics are served unless --metrics says otherwise.
const DefaultMetrics = "127.0.0.1:9464"

// Main runs loomd until a signal or loom stop ends it, and returns its exit code.
func Main(args []string) int {
	flags := flag.NewFlagSet("loomd", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var (
		socket   = flags.String("socket", "", "listen on `PATH` (LOOM_SOCKET)")
		file     = flags.String("registry", "", "read `FILE` instead of the user's registry (LOOM_REGISTRY)")
		metrics  = flags.String("metrics", "", "serve Prometheus metrics on `ADDRESS`, or off (LOOM_METRICS; otherwise "+DefaultMetrics+")")
		level    = flags.String("log-level", "", "`LEVEL`: debug, info, warn or error (LOOM_LOG_LEVEL; otherwise info)")
		saved    = flags.String("environment", "", "take the variables that loom env save wrote to `FILE`: for a service manager, whose own are not the user's")
		passFD   = flags.Int("passphrase-fd", -1, "read the passphrase of the encrypted file of secrets from descriptor `N`, to its end")
		show     = flags.Bool("version", false, "print the version")
		logLevel slog.Level
	)
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		if errors.Is(err, flag.ErrHelp) {
			usage(os.Stdout, flags)
			return exitOK
		}
		if err == nil {
			err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
		}
		fmt.Fprintf(os.Stderr, "loomd: %v\nhint: loomd --help\n", err)
		return exitUsage
	}
	if *show {
		fmt.Println("loomd", version.String())
		return exitOK
	}
	inherited, err := localsock.Inherit()
	if err != nil {
		fmt.Fprintf(os.Stderr, "loomd: %v\n", err)
		return exitFailed
	}
	given, err := passphrase(*passFD, inherited != nil)
	if err != nil {
		fmt.Fprintf(os.Stderr, "loomd: %v\nhint: start loomd without it, then: loom unlock\n", err)
		return exitFailed
	}
	if *saved != "" { // before any other variable is read
		if err := environ.Take(context.Background(), *saved); err != nil {
			fmt.Fprintf(os.Stderr, "loomd: %v\n", err)
			return exitFailed
		}
	}
	for _, f := range []struct {
		value               *string
		variable, otherwise string
	}{{file, "LOOM_REGISTRY", ""}, {metrics, "LOOM_METRICS", DefaultMetrics}, {level, "LOOM_LOG_LEVEL", "info"}} {
		if *f.value == "" {
			*f.value = envOr(f.variable, f.otherwise)
		}
	}
	if err := logLevel.UnmarshalText([]byte(*level)); err != nil {
		fmt.Fprintf(os.Stderr, "loomd: --log-level: %v\n", err)
		return exitUsage
	}
	var known redact.Set
	known.Add(given.Reveal())
	logs := ring.New(2000, &known)
	stderr := known.Writer(os.Stderr)
	log := slog.New(slog.NewMultiHandler(
		slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: logLevel}),
		slog.NewTextHandler(lines{logs}, &slog.HandlerOptions{Level: logLevel, ReplaceAttr: withoutTime}),
	))
	if err := noCore(); err != nil {
		log.Warn("a crash of loomd may write its memory to a core file", "err", err)
	}
	opts := app.Options{Logger: log, Logs: logs, Secrets: &known, Passphrase: given, Listener: inherited}
	if err := run(*socket, *file, *metrics, opts); err != nil {
		var inUse *localsock.InUseError
		if errors.As(err, &inUse) {
			fmt.Fprintf(stderr, "loomd: %v\nhint: loom status\n", err)
			return exitInUse
		}
		fmt.Fprintf(stderr, "loomd: %v\n", err)
		return exitFailed
	}
	return exitOK
}

// run serves. What opts does not say yet comes from the environment.
func run(socket, file, metrics string, opts app.Options) error {
	dirs, err := localsock.UserDirs()
	if err != nil {
		return err
	}
	path := socket
	if path == "" && os.Getenv("LOOM_SOCKET") == "" {
		path, err = dirs.DefaultSocket() // not the one that another loomd wrote down
	} else {
		path, err = dirs.Resolve(socket)
	}
	if err != nil {
		return err
	}
	opts.Dirs, opts.Socket, opts.RegistryFile = dirs, path, dirs.RegistryFile()
	opts.MetricsAddr, opts.Version = metrics, version.String()
	if file != "" {
		if opts.RegistryFile, err = filepath.Abs(file); err != nil {
			return fmt.Errorf("resolving --registry %s: %w", file, err)
		}
		opts.MustExist = true
	}
	if metrics == "off" {
		opts.MetricsAddr = ""
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding loomd's own binary: %w", err)
	}
	opts.Beside, opts.Binary = filepath.Dir(exe), lasting(exe)

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	reload := make(chan struct{})
	go func() { // ends with ctx
		for {
			select {
			case <-hup:
				select {
				case reload <- struct{}{}:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	opts.Reload, opts.GiveUp = reload, ctx.Done()
	a, err := app.New(opts)
	if err != nil {
		return err
	}
	if err := notify("READY=1"); err != nil {
		opts.Logger.Warn("the service manager does not know that loomd is ready", "err", err)
	}
	err = a.Run(ctx)
	var next *app.Succession
	if errors.As(err, &next) {
		return succeed(next)
	}
	return err
}

// succeed becomes the loomd that was installed in this one's place. It returns
// when it cannot.
func succeed(next *app.Succession) error {
	env := append(os.Environ(), next.Handover.Variable)
	variable, forget, err := passOn(next.Passphrase)
	if err != nil { // not worth staying the old one: the user can unlock again
		fmt.Fprintf(os.Stderr, "loomd: %v\n", err)
	} else {
		env = append(env, variable)
		defer forget()
	}
	err = syscall.Exec(next.Path, os.Args, env)
	return errors.Join(fmt.Errorf("executing %s: %w", next.Path, err), next.Handover.Cancel())
}

// lasting returns the path of our binary that outlives an upgrade: the one by
// which we were started, when that is a link into the folder of a version.
func lasting(exe string) string {
	path, err := exec.LookPath(os.Args[0])
	if err != nil {
		return exe
	}
	if path, err = filepath.Abs(path); err != nil {
		return exe
	}
	started, errStarted := os.Stat(path)
	running, errRunning := os.Stat(exe)
	if errStarted != nil || errRunning != nil || !os.SameFile(started, running) {
		return exe
	}
	return path
}

func usage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprint(w, "loomd owns the MCP servers of one user. The loom command starts it when it is needed.\n\nFlags:\n")
	flags.SetOutput(w)
	flags.PrintDefaults()
}

func envOr(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}

// withoutTime leaves the time to the ring, which has one for each line.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// lines puts each log line into the ring too.
type lines struct{ ring *ring.Ring }

func (l lines) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		l.ring.Add("", strings.TrimRight(line, "\n"))
	}
	return len(p), nil
}
