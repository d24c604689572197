package testbed_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loom-core/loom/testbed"
)

// TestScripts runs loom as a user does, each script in a world of its own with
// a real loomd. Beside what testscript has, a script can say "registry FILE":
// the file, with @fake in it, becomes the user's registry; $FAKE is the same. And
// "until REGEXP COMMAND...": COMMAND is run until it works and stdout matches, for
// what ends in its own time.
func TestScripts(t *testing.T) {
	var scripts sync.Map // by work directory
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") == "1",
		Setup: func(env *testscript.Env) error {
			s := &script{T: t, env: env}
			w := testbed.New(s, options(s))
			s.world = w
			scripts.Store(env.WorkDir, s)
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
				s, _ := scripts.Load(ts.Getenv("WORK"))
				s.(*script).world.Registry(ts.ReadFile(args[0]))
			},
			"until": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 {
					ts.Fatalf("usage: until REGEXP COMMAND...")
				}
				pattern, err := regexp.Compile("(?m)" + args[0])
				ts.Check(err)
				s, _ := scripts.Load(ts.Getenv("WORK"))
				testbed.Eventually(s.(*script), strings.Join(args, " "), func() bool {
					return ts.Exec(args[1], args[2:]...) == nil && pattern.MatchString(ts.ReadFile("stdout"))
				})
			},
		},
	})
}

// script lets a world report to the test that runs all scripts: a script has no
// Errorf of its own.
type script struct {
	*testing.T
	env   *testscript.Env
	world *testbed.World
}

func (s *script) Cleanup(f func()) { s.env.Defer(f) }

func (s *script) Fatalf(format string, args ...any) { s.env.T().Fatal(fmt.Sprintf(format, args...)) }
