package orphan

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/loom-core/loom/daemon/internal/proc"
)

func TestJournalKeepsWhatRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "children")
	j, err := OpenJournal(file)
	if err != nil {
		t.Fatal(err)
	}
	pids := family(t, "a{g}", "b{s}")
	for _, name := range []string{"a", "b"} {
		if err := j.Add(pids[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Remove(pids["a"]); err != nil {
		t.Fatal(err)
	}
	next, err := OpenJournal(file)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := proc.Lookup(pids["b"])
	if got, want := next.before(), []entry{{b.PID, b.PID, b.PID, b.Start}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// What an earlier life noted stays until it is settled.
	if err := next.Add(pids["a"]); err != nil {
		t.Fatal(err)
	}
	if third, err := OpenJournal(file); err != nil || len(third.before()) != 2 {
		t.Errorf("%v, %v", third.before(), err)
	}
}

func TestJournalOnAFullDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "children")
	j, _ := OpenJournal(file)
	pids := family(t, "a{g}", "b{g}")
	if err := j.Add(pids["a"]); err != nil {
		t.Fatal(err)
	}
	good, _ := os.ReadFile(file)
	block := filepath.Join(file+".new", "x") // the new file cannot be written
	if err := os.MkdirAll(block, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := j.Add(pids["b"]); err == nil || !strings.Contains(err.Error(), "writing the list of children") {
		t.Errorf("got %v", err)
	}
	if now, _ := os.ReadFile(file); string(now) != string(good) {
		t.Errorf("the old file was %q and is %q", good, now)
	}
	if err := os.RemoveAll(file + ".new"); err != nil {
		t.Fatal(err)
	}
	if err := j.Remove(pids["a"]); err != nil {
		t.Fatal(err)
	}
	if next, err := OpenJournal(file); err != nil || len(next.before()) != 1 || next.before()[0].pid != pids["b"] {
		t.Errorf("%v, %v", next.before(), err)
	}
}

func TestJournalFromManySides(t *testing.T) {
	file := filepath.Join(t.TempDir(), "children")
	j, _ := OpenJournal(file)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if err := j.Add(os.Getpid()); err != nil {
					t.Error(err)
				}
				j.Remove(os.Getpid())
			}
		})
	}
	all.Wait()
	if next, err := OpenJournal(file); err != nil || len(next.before()) > 0 {
		t.Errorf("%v, %v", next.before(), err)
	}
}

func TestParseJournal(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []entry
		bad        bool
	}{
		{"good", "loom children 1 b\n7 7 3 99\n8 7 3 100\n", []entry{{7, 7, 3, 99}, {8, 7, 3, 100}}, false},
		{"none", "loom children 1 b\n", nil, false},
		{"another boot", "loom children 1 a\n7 7 3 99\n", nil, false},
		{"another file", "7 7 3 99\n", nil, true},
		{"empty", "", nil, true},
		{"half a line", "loom children 1 b\n7 7 3 99\n8 7 3 1", []entry{{7, 7, 3, 99}}, true},
		{"bad lines", "loom children 1 b\n7 7 3\n-7 7 3 9\n1 1 1 1\n7 x 3 9\n7 7 3 99\n\n", []entry{{7, 7, 3, 99}}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := parseJournal(tc.text, "b")
			if !reflect.DeepEqual(got, tc.want) || (err != nil) != tc.bad {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func FuzzParseJournal(f *testing.F) {
	f.Add("loom children 1 b\n7 7 3 99\n")
	f.Add("loom children 1 b\n0 0 0 0\n1 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseJournal(text, "b")
		for _, e := range got {
			if e.pid <= 1 || e.pgid <= 1 || e.session < 0 {
				t.Errorf("%q holds %v", text, e)
			}
			if back, ok := parseEntry(e.String()); !ok || back != e {
				t.Errorf("%v becomes %v", e, back)
			}
		}
		if err == nil && len(got) == 0 && strings.Count(text, "\n") > 1 && strings.HasPrefix(text, journalHeader+"b\n") {
			t.Errorf("%q is said to hold nothing", text)
		}
	})
}
