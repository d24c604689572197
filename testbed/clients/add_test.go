package clients

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAdd goes from nothing to a tool of a server from npm, called from the shell, in
// two commands. loomd finds the program on the PATH of the shell that added it.
func TestAdd(t *testing.T) {
	w := newWorld(t, "")
	if err := os.RemoveAll(filepath.Join(w.home, ".config")); err != nil {
		t.Fatal(err)
	}
	out, err := w.run(w.loom, "--socket", w.socket, "add", "everything", "--yes", "--env", "GREETING=weft",
		"--", "mcp-server-everything", "stdio")
	if err != nil || !strings.Contains(out, "\neverything has ") || !strings.Contains(out, "\npinned in ") {
		t.Fatalf("loom add: %v\n%s", err, out)
	}
	if out, err = w.run(w.loom, "--socket", w.socket, "call", "everything__echo", "message=weft"); err != nil || strings.TrimSpace(out) != "Echo: weft" {
		t.Errorf("loom call everything__echo: %v\n%s", err, out)
	}
	if out, err = w.run(w.loom, "--socket", w.socket, "call", "everything__get-env"); err != nil || !strings.Contains(out, `"GREETING": "weft"`) {
		t.Errorf("loom call everything__get-env: %v\n%s", err, out)
	}
}
