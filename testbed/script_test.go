package testbed_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loom-core/loom/testbed"
)

// TestScripts runs loom as a user does, each script in a world of its own with
// a real loomd. Beside what testscript has, a script can say "registry FILE":
// the file, with @fake in it, becomes the user's registry; $FAKE is the same.
func TestScripts(t *testing.T) {
	var worlds sync.Map // by work directory
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") == "1",
		Setup: func(env *testscript.Env) error {
			s := script{t, env}
			w := testbed.New(s, options(s))
			worlds.Store(env.WorkDir, w)
			for _, kv := range w.Environ() {
				name, value, _ := strings.Cut(kv, "=")
				env.Setenv(name, value)
			}
			env.Setenv("CONFIG", w.Dirs.Config)
			env.Setenv("STATE", w.Dirs.State)
			env.Setenv("FAKE", w.Expand("@fake"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"registry": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 1 {
					ts.Fatalf("usage: registry FILE")
				}
				w, _ := worlds.Load(ts.Getenv("WORK"))
				w.(*testbed.World).Registry(ts.ReadFile(args[0]))
			},
		},
	})
}

// script lets a world report to the test that runs all scripts: a script has no
// Errorf of its own.
type script struct {
	*testing.T
	env *testscript.Env
}

func (s script) Cleanup(f func()) { s.env.Defer(f) }

func (s script) Fatalf(format string, args ...any) { s.env.T().Fatal(fmt.Sprintf(format, args...)) }
