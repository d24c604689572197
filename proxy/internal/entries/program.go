package entries

import (
	"slices"

	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// Program is how a client starts loom. Its environment is another one than this
// shell's, so what was named by a variable is named in the arguments.
type Program struct {
	Command  string // whole path
	Socket   string // empty: the usual one
	Registry string // empty: the user's
}

// Proxy is `loom proxy`, for a client that has a name or none.
func (p Program) Proxy(client string) (command string, args []string) {
	args = []string{"proxy"}
	if client != "" {
		args = append(args, "--client", client)
	}
	if p.Socket != "" {
		args = append(args, "--socket", p.Socket)
	}
	if p.Registry != "" {
		args = append(args, "--registry", p.Registry)
	}
	return p.Command, args
}

// loomEntry is the name of the entry of all servers, which no server can have.
const loomEntry = "loom"

// shared is loom in a file that others have too.
var shared = Program{Command: "loom"}

// proxy is the entry of all servers, or that of one.
func (w Want) proxy(server registry.ServerName) target.Launch {
	program, client := w.Loom, w.Target.ID
	if w.Shared {
		program, client = shared, ""
	}
	command, args := program.Proxy(client)
	if name := w.ProfileName(); name != w.ownProfile() && !w.Shared {
		args = append(args, "--profile", name)
	}
	l := target.Launch{Name: loomEntry}
	if server != "" {
		l.Name = string(server)
		args = append(args, "--server", l.Name)
	}
	l.Command, l.Args = w.wrapped(command, args)
	return l
}

// run is the entry of a server that loom starts, and not loomd.
func (w Want) run(server registry.ServerName) target.Launch {
	program := w.Loom
	if w.Shared {
		program = shared
	}
	l := target.Launch{Name: string(server)}
	args := []string{"run", l.Name}
	if program.Registry != "" {
		args = append(args, "--registry", program.Registry)
	}
	l.Command, l.Args = w.wrapped(program.Command, args)
	return l
}

// wrapped is a command line for the client's system: a program of Windows starts
// those of the Linux in it through wsl.exe.
func (w Want) wrapped(command string, args []string) (string, []string) {
	if !w.windows() {
		return command, args
	}
	return "wsl.exe", slices.Concat([]string{"-d", w.Host.Distro, "-e", command}, args)
}

func (w Want) windows() bool { return w.Host.ForWindows(w.Path) }
