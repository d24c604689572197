package clientsync

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder that cannot be written into: the file stays, nothing is left beside it,
// the error says which file, and the ledger what is true.
func TestReadOnlyFolder(t *testing.T) {
	asNobody(t)
	for _, how := range lies {
		for _, s := range []sample{{"claude", "a.json", "{\n  \"a\": 1\n}\n"}, {"codex", "a.toml", "a = 1\n"}, {"goose", "a.yaml", "a: 1\n"}} {
			r, real := s.lay(t, how)
			folder := filepath.Dir(real)
			lock(t, folder, 0o500)
			_, err := Apply(r.ledger, PlanFile(r.ledger, r.wanted("proxy"), false, now), false, now)
			r.unchanged("sync, "+s.client+", "+how.name, folder, s.text, err)
			if len(r.ledger.Files) != 0 {
				t.Errorf("%s, %s: the ledger has %v", s.client, how.name, r.ledger.Files)
			}

			lock(t, folder, 0o700)
			r.sync(false, "proxy")
			written := r.content()
			lock(t, folder, 0o500)
			_, err = Apply(r.ledger, PlanFile(r.ledger, r.wanted(), false, now), false, now)
			r.unchanged("unsync, "+s.client+", "+how.name, folder, written, err)

			lock(t, folder, 0o700)
			if r.sync(false); r.content() != s.text {
				t.Errorf("%s, %s: and back: %q", s.client, how.name, r.content())
			}
		}
	}
}

// A folder that is not there and cannot be made.
func TestFolderThatCannotBeMade(t *testing.T) {
	asNobody(t)
	r := newRig(t, "claude", "")
	lock(t, filepath.Dir(filepath.Dir(r.path)), 0o500)
	state := t.TempDir()
	l, err := OpenLedger(filepath.Join(state, "sync.json"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Apply(l, PlanFile(l, r.wanted("proxy"), false, now), false, now)
	if err == nil || !strings.Contains(err.Error(), "writing "+r.path) || len(l.Files) != 0 {
		t.Errorf("%v, %v", err, l.Files)
	}
}

// unchanged checks a file that could not be written.
func (r *rig) unchanged(what, folder, want string, err error) {
	r.t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), "writing "+r.path+": ") || !strings.Contains(err.Error(), "permission denied") {
		r.t.Errorf("%s: %v", what, err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 || r.content() != want {
		r.t.Errorf("%s: %v, %q", what, left, r.content())
	}
	r.reopen()
}

func lock(t *testing.T, folder string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(folder, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(folder, 0o700) })
}
