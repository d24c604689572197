package container

import (
	"path/filepath"
	"slices"
	"strings"
)

// command is what is known of a `docker run`.
type command struct {
	globals  []string // before run, or before container
	options  int      // where its own options begin
	idFile   string   // the --cidfile that it has
	detached bool
}

// Options before the command that take a value as an argument of their own
// (docker --help 28, podman --help 5). All others are switches.
var globalValues = map[string][]string{
	"docker": {"--config", "-c", "--context", "-H", "--host", "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey"},
	"podman": {
		"--cdi-spec-dir", "--cgroup-manager", "--config", "--conmon", "-c", "--connection", "--context", "--events-backend", "-H", "--host",
		"--hooks-dir", "--identity", "--imagestore", "--log-level", "--module", "--network-cmd-path", "--network-config-dir", "--out",
		"--root", "--runroot", "--runtime", "--runtime-flag", "--ssh", "--storage-driver", "--storage-opt", "--tmpdir", "--url", "--volumepath",
	},
}

// Options of run that take no value (docker run --help 28, podman run --help 5).
// All others do.
var (
	runSwitches = []string{
		"--detach", "--disable-content-trust", "--help", "--init", "--interactive", "--no-healthcheck", "--oom-kill-disable", "--privileged",
		"--publish-all", "--quiet", "--read-only", "--rm", "--sig-proxy", "--tty", "--use-api-socket",
		"--env-host", "--http-proxy", "--no-hostname", "--no-hosts", "--passwd", "--read-only-tmpfs", "--replace", "--rmi", "--tls-verify", "--unsetenv-all",
	}
	runLetters = "ditqP"
)

// parse finds `run` or `container run` in the arguments of docker or podman.
func parse(path string, args []string) (cmd command, ok bool) {
	values, ok := globalValues[filepath.Base(path)]
	if !ok {
		return cmd, false
	}
	at := 0
	for at < len(args) && strings.HasPrefix(args[at], "-") {
		if slices.Contains(values, args[at]) {
			at++
		}
		at++
	}
	if at >= len(args) {
		return cmd, false
	}
	cmd.globals = args[:at:at]
	if args[at] == "container" {
		at++
	}
	if at >= len(args) || args[at] != "run" {
		return cmd, false
	}
	cmd.options = at + 1
	cmd.readOptions(args[at+1:])
	return cmd, true
}

// readOptions reads up to the image: what follows that is the server's own.
func (c *command) readOptions(args []string) {
	for at := 0; at < len(args); at++ {
		arg := args[at]
		if arg == "--" || !strings.HasPrefix(arg, "-") || arg == "-" {
			return
		}
		name, value, joined := strings.Cut(arg, "=")
		switch {
		case name == "--cidfile":
			if !joined && at+1 < len(args) {
				value = args[at+1]
			}
			c.idFile = value
		case name == "--detach":
			c.detached = !joined || isTrue(value)
		case !strings.HasPrefix(arg, "--"):
			letters, takes := letters(arg[1:])
			if strings.Contains(letters, "d") {
				c.detached = !strings.HasSuffix(letters, "d") || !joined || isTrue(value)
			}
			if takes {
				at++
			}
			continue
		}
		if !joined && !slices.Contains(runSwitches, name) {
			at++
		}
	}
}

// letters are the switches at the beginning of several options in one
// argument. takes tells that the next argument is the value of the last.
func letters(arg string) (switches string, takes bool) {
	for i, l := range arg {
		if l == '=' {
			return arg[:i], false
		}
		if !strings.ContainsRune(runLetters, l) {
			return arg[:i], i == len(arg)-1
		}
	}
	return arg, false
}

// isTrue reads a boolean as docker's flags do.
func isTrue(s string) bool {
	return slices.Contains([]string{"1", "t", "T", "true", "TRUE", "True"}, s)
}
