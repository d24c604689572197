package kit

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/servers/kit/serve"
)

// Program is the main function of a server. Flags and Example are optional.
type Program struct {
	Name    string   // mcp-prometheus
	About   string   // one sentence: what a model can do with it
	Env     []EnvVar // how it is configured
	Example string   // a setting for the config lines of the help: PROMETHEUS_URL=http://127.0.0.1:9090
	Flags   func(*flag.FlagSet)
	New     func(getenv func(string) string, log *slog.Logger) (*Server, error)
}

// EnvVar is an environment variable that a server reads.
type EnvVar struct{ Name, Doc string }

// Exit codes of [Main].
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main runs p over stdin and stdout and returns the exit code. stdout carries
// the protocol and nothing else.
func Main(p Program) int {
	return p.main(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr, isTerminal(os.Stdin))
}

func (p Program) main(args []string, getenv func(string) string, in io.Reader, out, errOut io.Writer, terminal bool) int {
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	showVersion := flags.Bool("version", false, "print the version")
	if p.Flags != nil {
		p.Flags(flags)
	}
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		p.usage(out, flags)
		return exitOK
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
		fallthrough
	case err != nil:
		fmt.Fprintf(errOut, "%s: %v\nhint: %s --help\n", p.Name, err, p.Name)
		return exitUsage
	case *showVersion:
		fmt.Fprintln(out, p.Name, version.String())
		return exitOK
	case terminal:
		p.usage(errOut, flags)
		return exitUsage
	}

	log := slog.New(slog.NewTextHandler(errOut, nil)).With("server", p.Name)
	limits, err := LimitsFromEnv(getenv)
	if err != nil {
		fmt.Fprintf(errOut, "%s: %v\n", p.Name, err)
		return exitUsage
	}
	s, err := p.New(getenv, log)
	if err != nil {
		fmt.Fprintf(errOut, "%s: %v\nhint: %s --help lists the settings\n", p.Name, err, p.Name)
		return exitFailed
	}
	s.Limits, s.Logger = limits, log
	if s.Name == "" {
		s.Name = p.Name
	}
	if s.Version == "" {
		s.Version = version.String()
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve.Serve(ctx, s.MCP(), in, out, serve.Options{Logger: log}); err != nil && ctx.Err() == nil {
		fmt.Fprintf(errOut, "%s: %v\n", p.Name, err)
		return exitFailed
	}
	return exitOK
}

// usage tells someone who started the program by hand what it waits for.
func (p Program) usage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, `%s is an MCP server: %s

It speaks the Model Context Protocol over stdin and stdout and is started by an
MCP client or by Loom, not by hand. To use it, add this to the client's config:

  {"mcpServers": {%q: {"command": %q%s}}}

Settings, from the environment:
`, p.Name, p.About, strings.TrimPrefix(p.Name, "mcp-"), p.Name, p.exampleEnv())
	for _, v := range append(p.Env[:len(p.Env):len(p.Env)],
		EnvVar{"LOOM_MCP_MAX_BYTES", "cap of one answer in bytes (32768, at most 98304)"},
		EnvVar{"LOOM_MCP_TIMEOUT", "deadline of one call (25s, at most 120s)"},
		EnvVar{"LOOM_MCP_OUTPUT", "text, structured or both (both)"}) {
		fmt.Fprintf(w, "  %-22s %s\n", v.Name, v.Doc)
	}
	fmt.Fprintf(w, "\nFlags:\n")
	flags.VisitAll(func(f *flag.Flag) { fmt.Fprintf(w, "  --%-20s %s\n", f.Name, f.Usage) })
	fmt.Fprintf(w, "  --%-20s %s\n", "help", "print this")
}

func (p Program) exampleEnv() string {
	name, value, ok := strings.Cut(p.Example, "=")
	if !ok {
		return ""
	}
	return fmt.Sprintf(`, "env": {%q: %q}`, name, value)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	// A character device that is not /dev/null: services are started with that.
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !isNull(info)
}

func isNull(info os.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}
