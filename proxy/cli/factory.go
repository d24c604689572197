package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/proxy/internal/service"
	"github.com/loom-core/loom/registry"
)

// helloLimit bounds the first answer of loomd, which it gives without waiting
// for any server. A loomd that was stopped with SIGSTOP never gives it.
const helloLimit = 5 * time.Second

// Factory makes what commands work with, each thing once and only when it is
// asked for: `loom version` reads no registry.
type Factory struct {
	IO           *IO
	Version      string
	Dirs         func() (localsock.Dirs, error)
	Socket       func() (string, error)               // Depends on Dirs and --socket
	RegistryFile func() (RegistryFile, error)         // Depends on Dirs and --registry
	Registry     func() (*registry.Registry, error)   // Depends on RegistryFile
	Service      func() (*service.Service, error)     // of loomd, installed or not
	Dial         func(context.Context) (*Conn, error) // Depends on Socket; localsock.ErrNotRunning if there is no loomd
	Launch       func(context.Context) (*Conn, error) // Depends on Dial and RegistryFile; starts a loomd if there is none

	flags struct{ registry, socket string }
	conn  *Conn
}

// Conn is the connection to loomd, and what it said about itself.
type Conn struct {
	*loomrpc.Client
	Version string // of loomd
}

// RegistryFile is the registry that loom and loomd read.
type RegistryFile struct {
	Path  string // absolute
	Named bool   // by --registry or LOOM_REGISTRY: then it has to exist
}

func newFactory(streams *IO) *Factory {
	f := &Factory{IO: streams, Version: version.String()}
	f.Dirs = sync.OnceValues(localsock.UserDirs)
	f.Socket = sync.OnceValues(f.socket)
	f.RegistryFile = sync.OnceValues(f.registryFile)
	f.Registry = sync.OnceValues(f.loadRegistry)
	f.Service = sync.OnceValues(findService)
	f.Dial = f.dial
	f.Launch = f.launchDaemon
	return f
}

func (f *Factory) close() {
	if f.conn != nil {
		f.conn.Close()
	}
}

func (f *Factory) socket() (string, error) {
	dirs, err := f.Dirs()
	if err != nil {
		return "", err
	}
	return dirs.Resolve(f.flags.socket)
}

func (f *Factory) registryFile() (RegistryFile, error) {
	named := f.flags.registry
	if named == "" {
		named = os.Getenv("LOOM_REGISTRY")
	}
	if named != "" {
		path, err := filepath.Abs(named)
		if err != nil {
			return RegistryFile{}, fmt.Errorf("resolving registry %s: %w", named, err)
		}
		return RegistryFile{Path: path, Named: true}, nil
	}
	dirs, err := f.Dirs()
	if err != nil {
		return RegistryFile{}, err
	}
	return RegistryFile{Path: dirs.RegistryFile()}, nil
}

func (f *Factory) loadRegistry() (*registry.Registry, error) {
	file, err := f.RegistryFile()
	if err != nil {
		return nil, err
	}
	dirs, err := f.Dirs()
	if err != nil {
		return nil, err
	}
	return file.sources(dirs).Load()
}

// sources are all the files that loomd would read.
func (r RegistryFile) sources(dirs localsock.Dirs) registry.Sources {
	s := registry.Sources{Policy: dirs.Policy(), Owner: dirs.MachineOwner}
	if r.Named {
		s.Only = r.Path
		return s
	}
	s.Machine, s.User, s.Dropins = dirs.MachineRegistry(), r.Path, dirs.Dropins()
	return s
}

func (f *Factory) dial(ctx context.Context) (*Conn, error) {
	if f.conn != nil {
		return f.conn, nil
	}
	socket, err := f.Socket()
	if err != nil {
		return nil, err
	}
	conn, err := localsock.Dial(ctx, socket)
	if err != nil {
		return nil, err
	}
	return f.greet(ctx, conn)
}

func (f *Factory) launchDaemon(ctx context.Context) (*Conn, error) {
	if f.conn != nil {
		return f.conn, nil
	}
	socket, err := f.Socket()
	if err != nil {
		return nil, err
	}
	o, err := f.launchOptions(socket, secretVariables(os.Environ()))
	if err != nil {
		return nil, err
	}
	done := f.IO.Progress(500*time.Millisecond, "starting loomd")
	conn, err := launch.Connect(ctx, o)
	done()
	if err != nil {
		return nil, err
	}
	return f.greet(ctx, conn)
}

func findService() (*service.Service, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("finding the home directory: %w", err)
	}
	return service.Of(home), nil
}

// launchOptions are how a loomd is started that serves socket, with env beside
// what was saved. An installed service starts it, unless what is wanted is not
// what the service runs: another socket or registry, or secrets of this shell.
func (f *Factory) launchOptions(socket string, env []string) (launch.Options, error) {
	dirs, err := f.Dirs()
	if err != nil {
		return launch.Options{}, err
	}
	file, err := f.RegistryFile()
	if err != nil {
		return launch.Options{}, err
	}
	o := launch.Options{Dirs: dirs, Socket: socket, Env: env, Detacher: detacher()}
	if file.Named {
		o.Registry = file.Path
	}
	usual, err := dirs.DefaultSocket()
	if err != nil || socket != usual || file.Named || len(env) > 0 {
		return o, err
	}
	s, err := f.Service()
	if err != nil {
		return launch.Options{}, err
	}
	if s.Installed() {
		o.Service = s
		o.Failed = func(err error) {
			f.IO.Note("%v; starting it detached", err)
			f.IO.Hint("loom service status")
		}
	}
	return o, nil
}

// detacher is this program as a go-between. Without a path of its own, as after
// an upgrade on some systems, there is none.
func detacher() *launch.Detacher {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	if _, err := os.Stat(self); err != nil {
		return nil
	}
	return &launch.Detacher{Path: self, Name: os.Args[0]}
}

// greet opens the connection and warns when loomd is of another version.
func (f *Factory) greet(ctx context.Context, conn net.Conn) (*Conn, error) {
	client := loomrpc.NewClient(conn)
	ctx, cancel := context.WithTimeoutCause(ctx, helloLimit, fmt.Errorf("nothing came for %s", helloLimit))
	defer cancel()
	dir, _ := os.Getwd() // a folder that was removed has no name, and none is needed
	reply, err := client.Hello(ctx, loomrpc.Hello{Version: f.Version, Dir: dir, PID: os.Getpid(), Control: true})
	if err != nil {
		client.Close()
		var refused *jsonrpc.Error
		if errors.As(err, &refused) && refused.Code == loomrpc.CodeBadHello {
			return nil, withHint(err, "loom stop && loom start")
		}
		return nil, err
	}
	f.conn = &Conn{Client: client, Version: reply.Version}
	if reply.Version != f.Version {
		f.IO.Note("this is loom %s, but loomd %s is running", f.Version, reply.Version)
		f.IO.Hint("loom stop && loom start")
	}
	return f.conn, nil
}

// secretVariables are the variables that hold secrets for loomd. They go to a
// loomd that is started from a terminal, and into no file.
func secretVariables(env []string) []string {
	var out []string
	for _, kv := range env {
		if strings.HasPrefix(kv, secretPrefix) {
			out = append(out, kv)
		}
	}
	return out
}

const secretPrefix = "LOOM_SECRET_"
