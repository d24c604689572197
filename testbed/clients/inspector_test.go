package clients

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/fakeserver"
)

// inspector runs the MCP inspector's command line, which starts loom proxy as
// any client does: with six variables and no more.
func (w *world) inspector(args ...string) (string, error) {
	return w.run(filepath.Join(w.npm, "mcp-inspector"), append([]string{"--cli", w.loom, "proxy", "--socket", w.socket}, args...)...)
}

func (w *world) tools() []string {
	w.t.Helper()
	out, err := w.inspector("--method", "tools/list")
	if err != nil {
		w.t.Fatal(err)
	}
	var list struct{ Tools []struct{ Name string } }
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		w.t.Fatalf("the inspector printed no list: %v\n%s", err, out)
	}
	var names []string
	for _, t := range list.Tools {
		names = append(names, t.Name)
	}
	return names
}

type result struct {
	Content []struct{ Type, Text string }
}

// call calls a tool; args are NAME=VALUE.
func (w *world) call(tool string, args ...string) result {
	w.t.Helper()
	words := []string{"--method", "tools/call", "--tool-name", tool}
	for _, a := range args {
		words = append(words, "--tool-arg", a)
	}
	out, err := w.inspector(words...)
	if err != nil {
		w.t.Fatal(err)
	}
	var r result
	if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Content) == 0 {
		w.t.Fatalf("the inspector printed no result: %v\n%s", err, out)
	}
	return r
}

func TestInspector(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, fmt.Sprintf("version: 1\nservers:\n  fake:\n    command: %s\n    env: {%s: \"1\"}\n    share: global\n", exe, fakeVariable))

	// The first client finds no loomd: its proxy starts one.
	names := w.tools()
	for _, tool := range fakeserver.Tools {
		if !slices.Contains(names, "fake__"+tool) {
			t.Errorf("tools/list lacks fake__%s: %v", tool, names)
		}
	}
	// Not echo: to its answer with a member more the inspector is deaf, directly as well.
	if got := w.call("fake__env", "name="+fakeVariable).Content[0].Text; got != "1 true" {
		t.Errorf("fake__env answers %q, want %q", got, "1 true")
	}

	// Two clients, one process.
	first, second := w.call("fake__pid").Content[0].Text, w.call("fake__pid").Content[0].Text
	if first != second {
		t.Errorf("the server's pid is %s for one client and %s for the next", first, second)
	}

	// A server that dies is an error that says so, and the next call works.
	if out, err := w.inspector("--method", "tools/call", "--tool-name", "fake__crash"); !strings.Contains(out+fmt.Sprint(err), "last words") {
		t.Errorf("the error of a crash lacks the server's last words: %v\n%s", err, out)
	}
	if third := w.call("fake__pid").Content[0].Text; third == first {
		t.Errorf("the server has pid %s as before the crash", third)
	}
}

func TestServerEverything(t *testing.T) {
	w := newWorld(t, "")
	index := filepath.Join(w.npm, "..", "@modelcontextprotocol", "server-everything", "dist", "index.js")
	registry := fmt.Sprintf("version: 1\nservers:\n  everything:\n    command: %s\n    args: [%s, stdio]\n", filepath.Join(w.npm, "node"), index)
	if err := os.WriteFile(filepath.Join(w.home, ".config", "loom", "registry.yaml"), []byte(registry), 0o600); err != nil {
		t.Fatal(err)
	}
	// A server that was never seen may come after the first list; its tools are there by the first call.
	if got := w.call("everything__echo", "message=weft").Content[0].Text; got != "Echo: weft" {
		t.Errorf("everything__echo answers %q, want %q", got, "Echo: weft")
	}
	if names := w.tools(); !slices.Contains(names, "everything__get-sum") {
		t.Errorf("tools/list lacks everything__get-sum: %v", names)
	}
}
