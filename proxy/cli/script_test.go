package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loom-core/loom/core/keyring/keyringtest"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/version"
)

const testVersion = "v1.2.3"

func TestMain(m *testing.M) {
	localsock.MachineForTest(filepath.Join(os.Getenv("HOME"), "..", "machine"))
	testscript.Main(m, map[string]func(){
		"loom":         func() { version.Linked = testVersion; os.Exit(Main(os.Args[1:])) },
		"loomd":        fakeMain,
		"loom-keyring": func() { os.Exit(keyringtest.Run()) },
	})
}

// TestScripts runs every verb as a user would, each script in a HOME of its
// own and with the fake loomd beside loom.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") == "1",
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			run := filepath.Join(env.WorkDir, "run")
			// A fake that finds no live folder was started when the script was over already.
			for _, dir := range []string{filepath.Join(home, "live"), run} {
				if err := os.MkdirAll(dir, 0o700); err != nil {
					return err
				}
			}
			env.Setenv("HOME", home)
			env.Setenv("XDG_RUNTIME_DIR", run)
			env.Setenv("TZ", "UTC")
			env.Setenv("GORACE", "atexit_sleep_ms=0") // a second for each command, under the race detector
			loom, err := exec.LookPath("loom")
			if err != nil {
				return err
			}
			env.Setenv("LOOM", loom)
			env.Setenv("SHELL", "/bin/sh")
			env.Setenv("CONFIG", filepath.Join(home, ".config", "loom"))
			env.Setenv("STATE", filepath.Join(home, ".local", "state", "loom"))
			env.Setenv("SOCKET", filepath.Join(run, "loom", "loomd.sock"))
			env.Defer(func() {
				os.Remove(filepath.Join(home, "live"))
				for _, socket := range []string{localsock.Dirs{State: env.Getenv("STATE")}.Announced(), env.Getenv("SOCKET")} {
					if socket != "" {
						endFake(socket)
					}
				}
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// mkfifo makes fifos: reading one waits until the fake writes to it.
			"mkfifo": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) == 0 {
					ts.Fatalf("usage: mkfifo file...")
				}
				for _, name := range args {
					path := ts.MkAbs(name)
					ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
					ts.Check(syscall.Mkfifo(path, 0o600))
				}
			},
		},
	})
}
