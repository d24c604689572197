package keyring

import (
	"os/exec"
	"strings"
	"testing"
)

// TestNobodyElseLinksIt: whoever links the library dials the session bus at each
// start, and keeps what it found then.
func TestNobodyElseLinksIt(t *testing.T) {
	const here, main = "github.com/loom-core/loom/daemon/internal/keyring", "github.com/loom-core/loom/daemon/cmd/loom-keyring"
	out, err := exec.Command("go", "list", "-deps", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "github.com/loom-core/loom/daemon/...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := 0
	for line := range strings.Lines(string(out)) {
		importer, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, path := range strings.Fields(imports) {
			library := path == "github.com/99designs/keyring" || strings.HasPrefix(path, "github.com/godbus/")
			switch ours := strings.HasPrefix(importer, "github.com/loom-core/"); {
			case library && importer == here, path == here && importer == main:
				found++
			case library && ours, path == here:
				t.Errorf("%s imports %s: that is for loom-keyring alone", importer, path)
			}
		}
	}
	if found < 2 {
		t.Errorf("only %d of the imports that must be there were found:\n%s", found, out)
	}
}
