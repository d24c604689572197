package clients

import (
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/fakeserver"
)

// Copilot CLI starts its servers for a model alone. After loom sync it offers each
// tool as loom-server__tool, and by that name a rule of its own lets one through.
func TestCopilotCalls(t *testing.T) {
	w, project := newAgentWorld(t, plain...)
	m := newModel(w)
	w.env = append(w.env, "COPILOT_OFFLINE=true", "COPILOT_PROVIDER_BASE_URL="+m.url, "COPILOT_MODEL=scripted")
	w.must("sync", "copilot")
	const prefix = "loom-fake__"
	said := m.talk(t, func() string {
		return w.agent(project, native("@github/copilot-%s/copilot")[0], "-p", "hi", "--allow-tool", "loom(fake__echo)")
	}, prefix+"echo", prefix+"pid")
	if offered, want := said.under(prefix), slices.Sorted(slices.Values(fakeserver.Tools)); !slices.Equal(offered, want) {
		t.Errorf("Copilot CLI offers %v, want %v", offered, want)
	}
	for tool, want := range map[string]string{"echo": "{}", "pid": "Permission denied"} {
		if got := said.results[prefix+tool]; got == nil || !strings.Contains(got.text, want) {
			t.Errorf("the model hears of %s: %+v, want %s", tool, got, want)
		}
	}
	if calls := w.calls(); !slices.Equal(calls, []string{"echo"}) {
		t.Errorf("the server was asked for %v, want echo", calls)
	}
}
