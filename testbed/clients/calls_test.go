package clients

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/fakeserver"
)

// caller is how an agent speaks to a model once, asks nobody, and ends.
type caller struct {
	once   []string // arguments
	prefix string   // of the names under which it offers the tools of the fake server
	model  func(w *world, m *model)
}

// Those that have no tests of their own.
var callers = map[string]caller{
	"gemini":   {once: []string{"-p", "hi", "--yolo"}, prefix: "mcp_loom_fake__", model: modelOfGemini},
	"qwen":     {once: []string{"-p", "hi", "--yolo"}, prefix: "mcp__loom__fake__", model: modelOfQwen},
	"kilo":     {once: []string{"run", "--auto", "hi"}, prefix: "loom_fake__", model: ownProvider(".config/kilo/kilo.json")},
	"opencode": {once: []string{"run", "hi"}, prefix: "loom_fake__", model: ownProvider(".config/opencode/opencode.json")},
}

// modelOfGemini also says how its user signs in: what the base URL alone implies,
// Gemini CLI 0.61.0 refuses.
func modelOfGemini(w *world, m *model) {
	w.write(".gemini/settings.json", `{"security": {"auth": {"selectedType": "gemini-api-key"}}}`+"\n")
	w.env = append(w.env, "GOOGLE_GEMINI_BASE_URL="+m.url, "GEMINI_API_KEY=none", "GEMINI_MODEL=scripted")
}

// modelOfQwen points to the model by the environment. With tool search, a server's
// tools would not be among those offered.
func modelOfQwen(w *world, m *model) {
	w.write(".qwen/settings.json", `{"tools": {"toolSearch": {"enabled": false}}}`+"\n")
	w.env = append(w.env, "OPENAI_BASE_URL="+m.url, "OPENAI_API_KEY=none", "OPENAI_MODEL=scripted")
}

// ownProvider names the model in the file of opencode, or of Kilo, which comes of it.
// The provider's package is part of both. The small model is asked for a title.
func ownProvider(file string) func(*world, *model) {
	return func(w *world, m *model) {
		w.write(file, fmt.Sprintf(`{
  "model": "own/scripted",
  "small_model": "own/scripted",
  "provider": {"own": {"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": %q, "apiKey": "none"}, "models": {"scripted": {}}}}
}
`, m.url))
	}
}

// Each client, in a file that has its user's settings already, offers the tools of a
// server behind Loom after loom sync, and its model hears what that server answers.
func TestAgentsCall(t *testing.T) {
	for _, a := range agents {
		c, ok := callers[a.id]
		if !ok {
			continue
		}
		t.Run(a.id, func(t *testing.T) {
			w, project := newAgentWorld(t, plain...)
			if a.prepare != nil {
				a.prepare(w, project)
			}
			m := newModel(w)
			c.model(w, m)
			w.must("sync", a.id)
			said := m.talk(t, func() string { return w.agent(project, a.program[0], c.once...) }, c.prefix+"echo")
			if offered, want := said.under(c.prefix), slices.Sorted(slices.Values(fakeserver.Tools)); !slices.Equal(offered, want) {
				t.Errorf("it offers %v of %v, want %v", offered, said.offered, want)
			}
			// Gemini CLI puts it between two lines of its own.
			if got := said.results[c.prefix+"echo"]; got == nil || got.failed || !slices.Contains(strings.Split(got.text, "\n"), "{}") {
				t.Errorf("the model hears of echo: %+v, want {}", got)
			}
			if calls := w.calls(); !slices.Equal(calls, []string{"echo"}) {
				t.Errorf("the server was asked for %v, want echo", calls)
			}
		})
	}
}
