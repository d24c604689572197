package clients

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// isolateVariable makes this test binary run a program in a network of its own.
const isolateVariable = "LOOM_TEST_ISOLATE"

// agent is an AI client as its makers ship it.
type agent struct {
	id      string   // as loom sync knows it
	program []string // in node_modules
	list    []string // arguments that make it list its servers and connect to them
	shows   string   // what it prints of one that it is connected to
	prepare func(w *world, project string)
}

var agents = []agent{
	{id: "claude", program: native("@anthropic-ai/claude-code-%s/claude"), list: []string{"mcp", "list"}, shows: "✔ Connected"},
	{id: "gemini", program: []string{".bin/gemini"}, list: []string{"mcp", "list"}, shows: "Connected", prepare: trustInGemini},
	{id: "qwen", program: []string{".bin/qwen"}, list: []string{"mcp", "list"}, shows: "Connected"},
	{id: "kilo", program: []string{".bin/kilo"}, list: []string{"mcp", "list"}, shows: "connected"},
	{id: "opencode", program: native("opencode-%s/bin/opencode"), list: []string{"mcp", "list"}, shows: "connected"},
}

// native is a program that comes in a package for each system.
func native(pattern string) []string {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	return []string{fmt.Sprintf(pattern, runtime.GOOS+"-"+arch)}
}

func trustInGemini(w *world, project string) {
	w.write(".gemini/trustedFolders.json", fmt.Sprintf("{%q: %q}\n", project, "TRUST_FOLDER"))
}

// Each client, in a home of its own and with the environment that Codex gives its
// servers, lists Loom as connected after loom sync wrote its file, and reads it no
// more after loom unsync.
func TestAgentsConnect(t *testing.T) {
	for _, a := range agents {
		t.Run(a.id, func(t *testing.T) {
			w, project := newAgentWorld(t)
			if a.prepare != nil {
				a.prepare(w, project)
			}
			before := w.file(a.id)
			w.must("sync", a.id)
			out := w.agent(project, a.program[0], a.list...)
			if !strings.Contains(out, "loom") || !strings.Contains(out, a.shows) {
				t.Errorf("%s prints\n%s", strings.Join(a.list, " "), out)
			}
			// Some end all that descends from them: loomd is not to be among it.
			if status := w.must("status"); !strings.Contains(status, "is running") {
				t.Errorf("loom status: %s", status)
			}
			w.must("unsync", a.id)
			if after := w.file(a.id); after != before && !onlyItsOwn(after) {
				t.Errorf("after loom unsync its file is\n%s\nand was\n%s", after, before)
			}
			if out := w.agent(project, a.program[0], a.list...); strings.Contains(out, a.shows) {
				t.Errorf("after loom unsync it still prints\n%s", out)
			}
		})
	}
}

// onlyItsOwn reports a file that the client itself has written since: nothing of
// Loom's may be in it.
func onlyItsOwn(text string) bool { return !strings.Contains(text, "loom") }

// newAgentWorld is a world with one server and a project.
func newAgentWorld(t *testing.T) (*world, string) {
	t.Helper()
	if os.Getenv("LOOM_AGENTS") == "" {
		t.Skip("needs AI clients from npm, 1.8 GB: make clients-e2e installs them and runs this test")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, fmt.Sprintf("version: 1\nservers:\n  fake:\n    command: %s\n    env: {%s: \"1\"}\n    share: global\n", exe, fakeVariable))
	w.npm = filepath.Join(filepath.Dir(filepath.Dir(w.npm)), "agents", "node_modules", ".bin")
	project := filepath.Join(w.home, "project")
	if err := os.MkdirAll(filepath.Join(project, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	return w, project
}

func (w *world) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// must runs loom.
func (w *world) must(args ...string) string {
	w.t.Helper()
	out, err := w.run(w.loom, append([]string{"--socket", w.socket}, args...)...)
	if err != nil {
		w.t.Fatalf("loom %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// file is what a client's file holds, as loom sync status names it.
func (w *world) file(id string) string {
	out, _ := w.run(w.loom, "--socket", w.socket, "sync", "status", id) // it exits with 1 when there is something to do
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == id {
			data, _ := os.ReadFile(fields[len(fields)-1])
			return string(data)
		}
	}
	w.t.Fatalf("loom sync status does not know %s:\n%s", id, out)
	return ""
}

// command is a client's program, kept to itself, in its user's project.
func (w *world) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	w.t.Helper()
	path := filepath.Join(filepath.Dir(w.npm), program)
	if _, err := os.Stat(path); err != nil {
		w.t.Skipf("it has no package for this system: %v", err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	cmd.Env = []string{"HOME=" + w.home, "PATH=" + w.npm + ":/usr/bin:/bin", "TMPDIR=" + os.TempDir(), "TERM=dumb", "LANG=C.UTF-8"}
	cmd.Env = append(cmd.Env, w.env...)
	if err := isolated(cmd); err != nil {
		w.t.Skip(err)
	}
	return cmd
}

// agent runs a client to its end and returns all that it printed.
func (w *world) agent(dir, program string, args ...string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := w.command(ctx, dir, program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && ctx.Err() != nil {
		w.t.Errorf("%s %s does not end", program, strings.Join(args, " "))
	}
	return out.String()
}
