package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUndo: what a run has outside is undone in the reverse order, once, at its
// end, and what was there is said.
func TestUndo(t *testing.T) {
	f, _ := begin(t, base(t))
	marks := t.TempDir()
	for n := range 2 {
		f.Undo("sh", "-c", fmt.Sprintf("echo %d >> $0; echo removed thing %d", n, n), filepath.Join(marks, "did"))
	}
	err := f.End()
	if err == nil || !strings.Contains(err.Error(), "were killed:\n  removed thing 1\n  removed thing 0") || there(f.Dir) {
		t.Errorf("the end says %v, the folder is there: %v", err, there(f.Dir))
	}
	if did, _ := os.ReadFile(filepath.Join(marks, "did")); string(did) != "1\n0\n" {
		t.Errorf("done was %q", did)
	}
}

// TestSweepUndo: so it is for a run that died. One that cannot be undone keeps its
// folder, and with it what is to be done.
func TestSweepUndo(t *testing.T) {
	usual := settling
	settling = 0
	t.Cleanup(func() { settling = usual })
	for _, c := range []struct {
		name, journal, said string
		stays               bool
	}{
		{"nothing is left", `undo ["true"]` + "\n", "removed DIR, which a run that died left behind", false},
		{"something is, and then something more", `undo ["echo","a container"]` + "\n12 3\n", "removed DIR, which a run that died left behind, and ended 2 of its processes and containers", false},
		{"it fails", `undo ["sh","-c","echo no engine >&2; exit 1"]` + "\n", `clearing up after a run that died: undoing what a run had, with ["sh" "-c" "echo no engine >&2; exit 1"]: exit status 1: no engine`, true},
		{"it was being written", `undo ["sh","-c","ech`, "removed DIR, which a run that died left behind", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			place, dir := dead(t)
			if err := os.WriteFile(filepath.Join(dir, "journal"), []byte(c.journal), 0o600); err != nil {
				t.Fatal(err)
			}
			_, said := begin(t, place)
			want := strings.ReplaceAll(c.said, "DIR", dir)
			if len(*said) != 1 || (*said)[0] != want || there(dir) != c.stays {
				t.Errorf("said %q, want %q; the folder is there: %v", *said, want, there(dir))
			}
		})
	}
}
