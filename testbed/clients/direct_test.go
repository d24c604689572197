package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// probeVariable makes this test binary note what it was started with in the folder
// that it names, and then be the fake server.
const probeVariable = "LOOM_TEST_PROBE"

// noted is what a server got: its arguments, and one variable.
type noted struct {
	Args []string
	Got  string
}

// probe notes it under the name in LOOM_TEST_NAME.
func probe() {
	data, err := json.Marshal(noted{os.Args[1:], os.Getenv(os.Getenv("LOOM_TEST_VARIABLE"))})
	if err == nil {
		err = os.WriteFile(filepath.Join(os.Getenv(probeVariable), os.Getenv("LOOM_TEST_NAME")), data, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// directCase is a server: what stands in the registry, what it gets wherever it is
// started, and the clients that start it themselves. REF is in its place.
type directCase struct {
	arg, variable, value string
	wantArg, want        string
	themselves           []string
}

var directCases = map[string]directCase{
	"plain":  {"a b", "GOT", "text", "a b", "text", []string{"claude", "codex", "gemini", "kilo", "opencode", "qwen"}},
	"same":   {"x", "SAME", "${env:SAME}", "x", "REF", []string{"claude", "codex", "gemini", "kilo", "opencode", "qwen"}},
	"refs":   {"--x=${env:REF}/v1", "GOT", "<${env:REF}>", "--x=REF/v1", "<REF>", []string{"claude", "gemini", "kilo", "opencode", "qwen"}},
	"other":  {"x", "GOT", "${env:NONE:-fallback}", "x", "fallback", []string{"claude", "gemini"}},
	"dollar": {"$$HOME", "GOT", "5$$", "$HOME", "5$", []string{"claude", "codex", "kilo", "opencode"}},
	"braces": {"$${HOME}", "GOT", "$$HOME", "${HOME}", "$HOME", []string{"codex", "kilo", "opencode"}},
	"curly":  {"{env:HOME}", "GOT", "x", "{env:HOME}", "x", []string{"claude", "codex", "gemini", "qwen"}},
	"maybe":  {"x", "GOT", "${env:NONE?}", "x", "", nil},
}

// reference is what stands in the variables REF and SAME, for a client and for
// loomd: what others would expand a second time. Gemini CLI 0.61.0 does that with
// what stands in env.
func reference(client string) string {
	if client == "gemini" {
		return "a value/with {env:HOME}"
	}
	return "a value/with $HOME, ${HOME} and {env:HOME}"
}

// Each client that starts a server itself gives it what loomd would give it.
func TestAgentsDirect(t *testing.T) {
	for _, a := range agents {
		t.Run(a.id, func(t *testing.T) {
			w, project, notes := newDirectWorld(t, a.id)
			if a.prepare != nil {
				a.prepare(w, project)
			}
			w.isDirect(a.id)
			w.gave(a.id, notes, w.agent(project, a.program[0], a.list...))
		})
	}
}

// Codex has no references; it passes a variable on under its own name.
func TestCodexDirect(t *testing.T) {
	w, project, notes := newDirectWorld(t, "codex")
	w.isDirect("codex")
	list := w.codex(project).ask("mcpServerStatus/list", map[string]any{})
	w.gave("codex", notes, string(list))
}

// newDirectWorld has the servers of directCases, in the client's own file, and an
// environment that is saved for loom run.
func newDirectWorld(t *testing.T, client string) (w *world, project, notes string) {
	t.Helper()
	w, project = newAgentWorld(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	notes = filepath.Join(w.home, "notes")
	if err := os.MkdirAll(notes, 0o700); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	text.WriteString("version: 1\nservers:\n")
	for name, c := range directCases {
		fmt.Fprintf(&text, "  %s: {command: %q, args: [%q], env: {%s: %q, LOOM_TEST_VARIABLE: %s, LOOM_TEST_NAME: %s, %s: %q}}\n",
			name, exe, c.arg, c.variable, c.value, c.variable, name, probeVariable, notes)
	}
	w.write(".config/loom/registry.yaml", text.String())
	if out, err := w.run("/usr/bin/env", "REF="+reference(client), "SAME="+reference(client), w.loom, "env", "save"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.env = append(w.env, "REF="+reference(client), "SAME="+reference(client))
	w.must("sync", client, "--direct")
	return w, project, notes
}

// isDirect looks which servers the client is to start itself.
func (w *world) isDirect(id string) {
	w.t.Helper()
	text := w.file(id)
	for name, c := range directCases {
		run := strings.Contains(text, fmt.Sprintf("%q, %q", "run", name))
		if itself := slices.Contains(c.themselves, id); run == itself {
			w.t.Errorf("%s is to start %s itself: %v; its file is\n%s", id, name, itself, text)
		}
	}
}

// gave compares what the servers noted.
func (w *world) gave(client, notes, out string) {
	w.t.Helper()
	for name, c := range directCases {
		data, err := os.ReadFile(filepath.Join(notes, name))
		var got noted
		if err == nil {
			err = json.Unmarshal(data, &got)
		}
		ref := func(text string) string { return strings.Replace(text, "REF", reference(client), 1) }
		if want := (noted{[]string{ref(c.wantArg)}, ref(c.want)}); err != nil {
			w.t.Errorf("%s was not started: %v\n%s", name, err, out)
		} else if !slices.Equal(got.Args, want.Args) || got.Got != want.Got {
			w.t.Errorf("%s got %q, want %q", name, got, want)
		}
	}
}
