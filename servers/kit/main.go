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

// Program is the main function of a server. Flags, Example and Docs are optional.
type Program struct {
	Name    string   // mcp-prometheus
	About   string   // one sentence: what a model can do with it
	Env     []EnvVar // how it is configured
	Example string   // a setting for the config lines of the help: PROMETHEUS_URL=http://127.0.0.1:9090
	Docs    string   // Markdown for its page of the documentation, between what is generated
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

// Main runs p and returns the exit code: over stdin and stdout, where stdout
// carries the protocol and nothing else; over HTTP with --http; or as a command
// that lists its tools.
func Main(p Program) int {
	return p.main(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr, isTerminal(os.Stdin))
}

// invocation is what the command line asks for.
type invocation struct {
	flags     *flag.FlagSet
	version   bool
	http      string
	tokenFile string
	selection func() (Selection, error)
}

func (p Program) parse(args []string, getenv func(string) string) (*invocation, error) {
	v := &invocation{flags: flag.NewFlagSet(p.Name, flag.ContinueOnError)}
	v.flags.SetOutput(io.Discard)
	v.flags.BoolVar(&v.version, "version", false, "print the version")
	v.flags.StringVar(&v.http, "http", "", "serve Streamable HTTP on this address, such as 127.0.0.1:8080, in place of stdin and stdout")
	v.flags.StringVar(&v.tokenFile, "http-token-file", "", "file of a token that every HTTP request has to bring")
	v.selection = selectionFlags(v.flags, p.Name, getenv)
	if p.Flags != nil {
		p.Flags(v.flags)
	}
	err := v.flags.Parse(args)
	switch {
	case err != nil:
	case v.tokenFile != "" && v.http == "":
		err = fmt.Errorf("--http-token-file goes with --http")
	case v.flags.NArg() > 0 && (v.flags.Arg(0) != verbTools || v.http != ""):
		err = fmt.Errorf("unexpected argument %q", v.flags.Arg(0))
	}
	return v, err
}

func (p Program) main(args []string, getenv func(string) string, in io.Reader, out, errOut io.Writer, terminal bool) int {
	v, err := p.parse(args, getenv)
	switch {
	case err == flag.ErrHelp:
		p.usage(out, v.flags)
		return exitOK
	case err != nil:
		fmt.Fprintf(errOut, "%s: %v\nhint: %s%s --help\n", p.Name, err, p.setting(err), p.Name)
		return exitUsage
	case v.version:
		fmt.Fprintln(out, p.Name, version.String())
		return exitOK
	case v.flags.Arg(0) == verbTools:
		return p.listTools(v, getenv, out, errOut)
	case terminal && v.http == "":
		p.usage(errOut, v.flags)
		return exitUsage
	}

	log := slog.New(slog.NewTextHandler(errOut, nil)).With("server", p.Name)
	s, code, err := p.server(v, getenv, log)
	if err != nil {
		fmt.Fprintf(errOut, "%s: %v\nhint: %s --help lists the settings\n", p.Name, err, p.Name)
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if v.http != "" {
		err = serveHTTP(ctx, s, v, out, log)
	} else {
		err = serve.Serve(ctx, s.MCP(), in, out, serve.Options{Logger: log})
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(errOut, "%s: %v\n", p.Name, err)
		return exitFailed
	}
	return exitOK
}

// setting is a hint for a flag that there is not, and that is a variable: who
// knows kubectl writes --kubeconfig for KUBECONFIG, and --context for K8S_CONTEXT.
func (p Program) setting(err error) string {
	_, name, ok := strings.Cut(err.Error(), "flag provided but not defined: -")
	name = strings.ToUpper(strings.ReplaceAll(strings.TrimLeft(name, "-"), "-", "_"))
	if !ok || name == "" {
		return ""
	}
	for _, v := range p.Env {
		if v.Name == name || strings.HasSuffix(v.Name, "_"+name) {
			return fmt.Sprintf("that is set in the environment: %s=…; ", v.Name)
		}
	}
	return ""
}

// server makes the server with all that the command line and the environment
// say. The second result is the exit code of an error.
func (p Program) server(v *invocation, getenv func(string) string, log *slog.Logger) (*Server, int, error) {
	limits, err := LimitsFromEnv(getenv)
	if err != nil {
		return nil, exitUsage, err
	}
	selection, err := v.selection()
	if err != nil {
		return nil, exitUsage, err
	}
	s, err := p.New(getenv, log)
	if err != nil {
		return nil, exitFailed, err
	}
	s.Limits, s.Logger = limits, log
	if s.Name == "" {
		s.Name = p.Name
	}
	if s.Version == "" {
		s.Version = version.String()
	}
	if err := s.Select(selection); err != nil {
		return nil, exitUsage, err
	}
	return s, exitOK, nil
}

// serveHTTP prints where the server is: with port 0 nobody else knows.
func serveHTTP(ctx context.Context, s *Server, v *invocation, out io.Writer, log *slog.Logger) error {
	l, err := serve.ListenHTTP(s.MCP(), v.http, serve.HTTPOptions{TokenFile: v.tokenFile, Logger: log})
	if err != nil {
		return fmt.Errorf("%w\nhint: --http 127.0.0.1:0 is for this machine, --http-token-file FILE for others too", err)
	}
	fmt.Fprintln(out, l.URL())
	return l.Serve(ctx)
}

// settings are the variables of the server and those that all of them have.
func (p Program) settings() []EnvVar {
	all := p.Env[:len(p.Env):len(p.Env)]
	for _, o := range selectionOptions {
		all = append(all, EnvVar{envPrefix(p.Name) + strings.ToUpper(strings.ReplaceAll(o.name, "-", "_")), "as --" + o.name})
	}
	return append(all,
		EnvVar{"LOOM_MCP_MAX_BYTES", "cap of one answer in bytes (32768, at most 98304)"},
		EnvVar{"LOOM_MCP_TIMEOUT", "deadline of one call (25s, at most 120s)"},
		EnvVar{"LOOM_MCP_OUTPUT", "text, structured or both (both)"})
}

// usage tells someone who started the program by hand what it waits for.
func (p Program) usage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, `%s is an MCP server: %s

It speaks the Model Context Protocol over stdin and stdout and is started by an
MCP client or by Loom, not by hand. To use it, add this to the client's config:

  %s

Commands:
  %s %s                list the tools, with their arguments
  %s --http ADDRESS       serve Streamable HTTP, for clients that take a URL

Settings, from the environment:
`, p.Name, p.About, p.clientConfig(), p.Name, verbTools, p.Name)
	width := 0
	for _, v := range p.settings() {
		width = max(width, len(v.Name))
	}
	for _, v := range p.settings() {
		fmt.Fprintf(w, "  %-*s %s\n", width, v.Name, v.Doc)
	}
	fmt.Fprintf(w, "\nFlags:\n")
	flags.VisitAll(func(f *flag.Flag) { fmt.Fprintf(w, "  --%-20s %s\n", f.Name, f.Usage) })
	fmt.Fprintf(w, "  --%-20s %s\n", "help", "print this")
}

// clientConfig is what most clients take.
func (p Program) clientConfig() string {
	env := ""
	if name, value, ok := strings.Cut(p.Example, "="); ok {
		env = fmt.Sprintf(`, "env": {%q: %q}`, name, value)
	}
	return fmt.Sprintf(`{"mcpServers": {%q: {"command": %q%s}}}`, strings.TrimPrefix(p.Name, "mcp-"), p.Name, env)
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
