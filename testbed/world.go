package testbed

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
)

// Options say what a World is made of. Loom and Loomd are required.
type Options struct {
	Loom, Loomd string            // paths of the binaries
	Names       map[string]string // what @name in a registry stands for
	Daemon      map[string]string // more variables for loomd, as loom start would have saved them
}

// World is one user's machine: a home directory, a socket, a registry, and the
// processes that come of it.
type World struct {
	Dir    string // everything is below it, and goes with it
	Home   string
	Dirs   localsock.Dirs
	Socket string

	t    T
	opts Options
}

// New makes a World and registers its end: everything is stopped, and what is
// alive after that fails the test.
func New(t T, opts Options) *World {
	t.Helper()
	dir, err := os.MkdirTemp(shortTemp(), "loom-bed-")
	if err != nil {
		t.Fatalf("making a world: %v", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // macOS: /tmp is a link
		t.Fatalf("making a world: %v", err)
	}
	w := &World{Dir: dir, Home: filepath.Join(dir, "home"), t: t, opts: opts}
	w.Dirs = localsock.Dirs{
		Config: filepath.Join(w.Home, ".config", "loom"),
		State:  filepath.Join(w.Home, ".local", "state", "loom"),
		Cache:  filepath.Join(w.Home, ".cache", "loom"),

		Machine: filepath.Join(dir, "machine"), MachineOwner: os.Getuid(),
	}
	w.Socket = filepath.Join(dir, "run", "loom", "loomd.sock")
	t.Cleanup(w.end)
	w.enter()
	for _, d := range []string{w.Home, filepath.Join(dir, "run"), w.Dirs.Config, w.Dirs.State} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatalf("making a world: %v", err)
		}
	}
	w.SaveEnvironment(opts.Daemon)
	return w
}

// shortTemp is where a socket's path stays under its limit of some 100 bytes.
func shortTemp() string {
	if dir := os.TempDir(); len(dir) < 40 {
		return dir
	}
	return "/tmp"
}

// Registry writes the user's registry.yaml below its version line.
func (w *World) Registry(servers string) {
	w.t.Helper()
	w.WriteFile(w.Dirs.RegistryFile(), "version: 1\n"+w.Expand(servers))
}

// Expand puts the world's paths in place of @home and of the [Options.Names].
func (w *World) Expand(text string) string {
	pairs := []string{"@home", w.Home}
	for name, value := range w.opts.Names {
		pairs = append(pairs, "@"+name, value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// WriteFile writes a file, in a folder that is made if need be. A relative name
// is one in the home directory.
func (w *World) WriteFile(name, text string) string {
	w.t.Helper()
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(w.Home, name)
	}
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		w.t.Fatalf("writing a file of the world: %v", err)
	}
	return path
}

// Mkdir makes a folder in the home directory and returns its path.
func (w *World) Mkdir(name string) string {
	w.t.Helper()
	path := filepath.Join(w.Home, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		w.t.Fatalf("making a folder of the world: %v", err)
	}
	return path
}

// Environ is what a process of this world gets, "NAME=value": nothing of the
// real user's but PATH.
func (w *World) Environ() []string {
	return append(w.base(), "LOOM_LOOMD="+w.opts.Loomd, "LOOM_SOCKET="+w.Socket)
}

func (w *World) base() []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.Home, "SHELL=/bin/sh", "LANG=C.UTF-8", "TZ=UTC",
		"LOOM_METRICS=off", "LOOM_LOG_LEVEL=debug", // loom start saves them, as it does a user's
		"GORACE=atexit_sleep_ms=0", // else every process of a race run takes a second to end
		"XDG_CONFIG_HOME=" + filepath.Dir(w.Dirs.Config), "XDG_STATE_HOME=" + filepath.Dir(w.Dirs.State),
		"XDG_CACHE_HOME=" + filepath.Dir(w.Dirs.Cache), "XDG_RUNTIME_DIR=" + filepath.Join(w.Dir, "run"),
	}
	if tmp := os.Getenv("TMPDIR"); tmp != "" {
		env = append(env, "TMPDIR="+tmp)
	}
	return env
}

// SaveEnvironment writes what loomd is started with, as loom start does: a
// loomd that a proxy starts gets this and nothing of the proxy's own.
func (w *World) SaveEnvironment(more map[string]string) {
	w.t.Helper()
	vars := map[string]string{}
	for _, kv := range w.base() {
		name, value, _ := strings.Cut(kv, "=")
		vars[name] = value
	}
	for name, value := range more {
		vars[name] = value
	}
	raw, err := json.Marshal(vars)
	if err != nil {
		w.t.Fatalf("saving the environment: %v", err)
	}
	w.WriteFile(w.Dirs.SavedEnvironment(), string(raw))
}

// end stops what runs and looks whether that was all.
func (w *World) end() {
	defer w.leave()
	w.stop()
	var left []Process
	if !within(Patience/2, func() bool {
		if left = w.Processes(); len(left) > 0 {
			w.stop() // of several that were started at once one may come up only now
		}
		return len(left) == 0
	}) {
		var text strings.Builder
		for _, p := range left {
			fmt.Fprintf(&text, "\n  %s", p)
			p.Kill()
		}
		w.t.Errorf("at the end these are still alive:%s", text.String())
	}
	log, _ := os.ReadFile(w.Dirs.DaemonLog()) // there is none if no loomd ran
	for _, fault := range []string{"panic: ", "fatal error: ", "WARNING: DATA RACE"} {
		if strings.Contains(string(log), "\n"+fault) {
			w.t.Errorf("loomd's log holds a %q", fault)
		}
	}
	if w.t.Failed() {
		w.t.Logf("loomd wrote:\n%s", lastLines(string(log), 60))
	}
	if err := os.RemoveAll(w.Dir); err != nil {
		w.t.Errorf("removing the world: %v", err)
	}
}

// stop asks a loomd to stop, if one answers.
func (w *World) stop() {
	conn, err := w.dial()
	if err != nil {
		return
	}
	defer conn.Close()
	if err := conn.Call(deadline(), loomrpc.MethodStop, nil, nil); err != nil && w.Running() {
		w.t.Errorf("stopping loomd: %v", err)
	}
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// Files are the texts of all files below the home directory, by path.
func (w *World) Files() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(w.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		out[path] = string(raw)
		return err
	})
	if err != nil {
		w.t.Fatalf("reading the files of the world: %v", err)
	}
	return out
}
