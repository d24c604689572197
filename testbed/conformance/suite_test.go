package conformance

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/conformance/bridge"
)

// suite is one run of the conformance suite.
type suite struct {
	release string
	pkg     string   // the npm package's alias in testbed/clients/package.json
	scope   string   // which of its scenarios
	version string   // of the protocol
	server  []string // the fixture's arguments
	share   string   // of its entry in the registry
}

func (s suite) String() string {
	speaks := "both eras"
	if len(s.server) > 0 {
		speaks = "the older era"
	}
	return s.release + " at " + s.version + ", " + s.share + " server of " + speaks
}

// An older client meets servers that know only its own era, and such as know
// both, alone and shared.
var suites = []suite{
	{"0.1.16", "conformance-0.1", "active", "2025-11-25", []string{"legacy"}, "session"},
	{"0.2.0-alpha.12", "conformance-0.2", "all", "2025-11-25", []string{"legacy"}, "session"},
	{"0.2.0-alpha.12", "conformance-0.2", "all", "2025-11-25", []string{"legacy"}, "global"},
	{"0.2.0-alpha.12", "conformance-0.2", "all", "2025-11-25", nil, "session"},
	{"0.2.0-alpha.12", "conformance-0.2", "all", "2025-11-25", nil, "global"},
	{"0.2.0-alpha.12", "conformance-0.2", "all", "2026-07-28", nil, "session"},
	{"0.2.0-alpha.12", "conformance-0.2", "all", "2026-07-28", nil, "global"},
}

// check is one thing that a scenario looked at.
type check struct {
	scenario string
	ID       string `json:"id"`
	Name     string `json:"name"`
	Status   string `json:"status"`
	Message  string `json:"errorMessage"`
}

// The statuses. INFO only tells what went over the wire.
const (
	passed  = "SUCCESS"
	failed  = "FAILURE"
	warning = "WARNING" // a rule that says SHOULD
	skipped = "SKIPPED"
	told    = "INFO"
)

// limit is far over what a suite takes; each scenario has one of its own.
const limit = 3 * time.Minute

// run runs a suite against the server that start makes.
func (s suite) run(t *testing.T, start func() *exec.Cmd) []check {
	t.Helper()
	modules := npm(t)
	between := bridge.New(start)
	server := httptest.NewServer(between)
	defer func() { between.Close(); server.CloseClientConnections(); server.Close() }()
	out := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(modules, ".bin", "node"), filepath.Join(modules, s.pkg, "dist", "index.js"),
		"server", "--url", server.URL+"/mcp", "--suite", s.scope, "--spec-version", s.version, "--output-dir", out)
	cmd.Dir, cmd.WaitDelay = out, time.Second
	said, err := cmd.CombinedOutput() // the status only says whether a check failed
	checks := collect(t, out)
	if len(checks) == 0 || ctx.Err() != nil {
		t.Errorf("the suite ended with %v (%v) after %d checks:\n%s", err, ctx.Err(), len(checks), said)
	}
	return checks
}

// folder is how the suite calls a scenario's results.
var folder = regexp.MustCompile(`^server-(.+)-\d{4}-\d{2}-\d{2}T[^/]*$`)

// collect reads the results, by scenario.
func collect(t *testing.T, dir string) (all []check) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*", "checks.json")) // sorted; the pattern is good
	for _, file := range files {
		name := folder.FindStringSubmatch(filepath.Base(filepath.Dir(file)))
		var checks []check
		raw, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(raw, &checks)
		}
		if err != nil || name == nil {
			t.Errorf("reading the suite's %s: %v", file, err)
			continue
		}
		for _, c := range checks {
			if c.Status != told {
				c.scenario = name[1]
				all = append(all, c)
			}
		}
	}
	return all
}

// TestSuite: through Loom every check of the suite ends as it does directly, and
// what does not pass directly is in testdata/expected.txt, with the reason.
func TestSuite(t *testing.T) {
	npm(t)
	var table table
	for _, s := range suites {
		t.Run(s.String(), func(t *testing.T) {
			args := ""
			if len(s.server) > 0 {
				args = ", args: [" + s.server[0] + "]"
			}
			w := newWorld(t, "fixture", "command: @fixture, share: "+s.share+args)
			fixture := program(t, "mcp-conformance")
			var direct, through []check
			var running sync.WaitGroup
			running.Go(func() { direct = s.run(t, func() *exec.Cmd { return exec.Command(fixture, s.server...) }) })
			running.Go(func() { through = s.run(t, func() *exec.Cmd { return w.Proxy() }) })
			running.Wait()
			table.add(s, direct, through)
			compare(t, direct, through)
			hold(t, s.version, direct)
			progress(t, direct)
			progress(t, through)
		})
	}
	t.Logf("%s", &table)
}
