package clients

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/fakeserver"
)

// claudeServer is how Claude Code's rules name the tools of the fake server: as one
// of its own, or behind Loom.
type claudeServer struct {
	prefix string // of a tool's name
	whole  string // a rule for all its tools
}

var (
	direct = claudeServer{prefix: "mcp__fake__", whole: "mcp__fake"}
	behind = claudeServer{prefix: "mcp__loom__fake__", whole: "mcp__loom__fake__*"}
)

// What becomes of a call that the model makes when nobody is there to be asked.
const (
	ran    = "ran"    // without a question
	asks   = "asks"   // offered to the model, and refused
	hooked = "hooked" // offered, and refused by the hook
	hidden = "hidden" // not offered, and refused
)

// The tools that the model calls.
var claudeTools = []string{"cwd", "echo", "env", "pid"}

// directEntry is the fake server as one of Claude Code's own.
func directEntry(w *world) string {
	text, err := json.Marshal(map[string]any{"mcpServers": map[string]any{"fake": map[string]any{
		"type": "stdio", "command": w.self, "args": []string{"-plain", "-journal", filepath.Join(w.home, "journal")}, "env": map[string]string{fakeVariable: "1"},
	}}})
	if err != nil {
		panic(err) // of strings
	}
	return string(text)
}

// claude is Claude Code with a scripted model.
type claude struct {
	w       *world
	project string
	model   *model
}

func newClaude(w *world, project string) claude {
	c := claude{w: w, project: project, model: newModel(w)}
	// With tool search it would send names alone, and definitions when asked for.
	w.env = append(w.env, "ANTHROPIC_BASE_URL="+c.model.url, "ANTHROPIC_API_KEY=none", "ENABLE_TOOL_SEARCH=false")
	return c
}

// check holds the outcomes against those wanted, and what reaches the server.
func (c claude) check(t *testing.T, s claudeServer, name string, want map[string]string) {
	t.Helper()
	if got := c.outcomes(t, s); !maps.Equal(got, want) {
		t.Errorf("%s: the calls end as %v, want %v", name, got, want)
	}
	runs := slices.DeleteFunc(slices.Clone(claudeTools), func(tool string) bool { return want[tool] != ran })
	if got := c.w.calls(); !slices.Equal(got, runs) {
		t.Errorf("%s: the server was asked for %v, want %v", name, got, runs)
	}
}

// outcomes has the model call the tools of s, and says how each call ended. What is
// not hidden of the server is offered, once; if all that is called is hidden, so is
// the rest.
func (c claude) outcomes(t *testing.T, s claudeServer) map[string]string {
	t.Helper()
	var calls []string
	for _, tool := range claudeTools {
		calls = append(calls, s.prefix+tool)
	}
	said := c.model.talk(t, func() string {
		return c.w.agent(c.project, native("@anthropic-ai/claude-code-%s/claude")[0], "-p", "hi")
	}, calls...)
	offered := said.under(s.prefix)
	outcomes := map[string]string{}
	unseen := true
	for _, tool := range claudeTools {
		result, shown := said.results[s.prefix+tool], slices.Contains(offered, tool)
		outcomes[tool] = outcome(result, shown)
		unseen = unseen && outcomes[tool] == hidden
	}
	want := slices.DeleteFunc(slices.Sorted(slices.Values(fakeserver.Tools)), func(tool string) bool {
		return unseen || outcomes[tool] == hidden
	})
	if !slices.Equal(offered, want) {
		t.Errorf("Claude Code offers %v under %s, want each of %v once", offered, s.prefix, want)
	}
	return outcomes
}

func outcome(r *toolResult, shown bool) string {
	switch {
	case r == nil:
		return "no result"
	case !r.failed && shown:
		return ran
	case r.failed && shown && strings.Contains(r.text, "requested permissions"):
		return asks
	case r.failed && shown && strings.Contains(r.text, "hook error"):
		return hooked
	case r.failed && !shown:
		return hidden
	}
	return fmt.Sprintf("failed %v, offered %v: %s", r.failed, shown, r.text)
}
