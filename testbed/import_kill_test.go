package testbed_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
)

// TestImportKilled: loom import is killed at any moment. The client's file is then the
// old one or the new one, the token is where it was or in the keyring, and the same
// command goes on from there; unsync gives back every byte.
func TestImportKilled(t *testing.T) {
	opts := options(t)
	w := testbed.New(t, opts)
	ring := w.WriteFile(filepath.Join(w.Home, "keyring.json"), `{"states": {"secret-service": "works"}}`)
	const token = "ghp_CANARYone0123456789abcdefghijklmnopq"
	const before = "{\n  \"numStartups\": 7,\n  \"mcpServers\": {\n    \"work\": {\"command\": \"@fake\", \"env\": {\"TOKEN\": \"" + token + "\"}}\n  }\n}\n"
	file := filepath.Join(w.Home, ".claude.json")
	text := w.Expand(before)
	w.WriteFile(file, text)

	began := time.Now()
	if o := w.Run(testbed.Command{Args: []string{"import", "--yes", "--from", "claude"}}); o.Code != 0 {
		t.Fatalf("loom import: %s%s", o.Stdout, o.Stderr)
	}
	whole := time.Since(began)
	unsync := func() {
		t.Helper()
		if o := w.Run(testbed.Command{Args: []string{"unsync"}}); o.Code != 0 {
			t.Fatalf("loom unsync: %s%s", o.Stdout, o.Stderr)
		}
		if got, _ := os.ReadFile(file); string(got) != text {
			t.Fatalf("loom unsync gives\n%s", got)
		}
	}
	unsync()

	const moments = 12
	for i := range moments {
		after := whole * time.Duration(i) / moments
		w.Run(testbed.Command{Args: []string{"remove", "work"}})
		w.Run(testbed.Command{Args: []string{"secret", "delete", "work-token", "--yes"}})
		ctx, cancel := context.WithTimeout(t.Context(), after)
		cmd := exec.CommandContext(ctx, opts.Loom, "import", "--yes", "--from", "claude")
		cmd.Env = w.Environ()
		cmd.Run() // which is killed
		cancel()
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("killed after %s: %v", after, err)
		}
		var parsed struct{ MCPServers map[string]any }
		if err := json.Unmarshal(got, &parsed); err != nil {
			t.Fatalf("killed after %s: %v in\n%s", after, err, got)
		}
		inFile := strings.Contains(string(got), token)
		kept, _ := os.ReadFile(ring)
		inRing := strings.Contains(string(kept), token)
		if !inFile && !inRing {
			t.Fatalf("killed after %s: the token is nowhere", after)
		}
		if _, loom := parsed.MCPServers["loom"]; loom == inFile {
			t.Errorf("killed after %s: the file is neither the old one nor the new one\n%s", after, got)
		}
		if o := w.Run(testbed.Command{Args: []string{"import", "--yes", "--from", "claude"}}); o.Code != 0 {
			t.Fatalf("killed after %s, and again: %s%s", after, o.Stdout, o.Stderr)
		}
		if got, _ := os.ReadFile(file); strings.Contains(string(got), token) || !strings.Contains(string(got), `"loom"`) {
			t.Errorf("killed after %s, and again: the file is\n%s", after, got)
		}
		unsync()
	}
	t.Logf("killed at %d moments of %s", moments, whole)
}
