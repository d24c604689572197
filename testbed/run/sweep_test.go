package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// dead makes the folder of a run that died and whose warden did too.
func dead(t *testing.T) (place, dir string) {
	t.Helper()
	place = base(t)
	dir = filepath.Join(place, "r1")
	for _, d := range []string{place, dir} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return place, dir
}

// TestSweep: of the processes that the journal of a dead run names, or that name
// it, exactly those end that are surely its own.
func TestSweep(t *testing.T) {
	place, dir := dead(t)
	inside := sleeper()
	inside.Dir = dir
	member := sleeper()
	cases := []struct {
		what  string
		pid   int
		start string // in the journal: as it is, none, or another
		ends  bool
	}{
		{"a group of the journal that works in the folder", start(t, inside), "as it is", true},
		{"a process that has the folder in its environment", start(t, sleeper(Variable+"="+dir+"/gitea")), "none", true},
		{"a process whose home is there", start(t, sleeper("HOME="+dir+"/t/home")), "none", true},
		{"a later process with a number of the journal", start(t, sleeper()), "0/1", false},
		{"a group of the journal that has nothing to do with the folder", start(t, sleeper()), "as it is", false},
		{"a process of a run whose name begins alike", start(t, sleeper(Variable+"="+dir+"2")), "none", false},
	}
	var journal strings.Builder
	for _, c := range cases {
		switch c.start {
		case "as it is":
			begun, _ := started(c.pid)
			fmt.Fprintf(&journal, "%d %s\n", c.pid, begun)
		case "none":
		default:
			fmt.Fprintf(&journal, "%d %s\n", c.pid, c.start)
		}
	}
	member.SysProcAttr.Pgid = cases[0].pid
	follower := start(t, member)
	fmt.Fprintf(&journal, "%d", os.Getpid()) // a line that was being written
	if err := os.WriteFile(filepath.Join(dir, "journal"), []byte(journal.String()), 0o600); err != nil {
		t.Fatal(err)
	}

	_, said := begin(t, place)
	for _, c := range cases {
		if isAlive(c.pid) == c.ends {
			t.Errorf("%s is alive: %v", c.what, !c.ends)
		}
	}
	if isAlive(follower) {
		t.Error("a member of an ended group is alive")
	}
	want := "removed " + dir + ", which a run that died left behind, and ended 4 of its processes and containers"
	if len(*said) != 1 || (*said)[0] != want {
		t.Errorf("said %q, want %q", *said, want)
	}
	if there(dir) {
		t.Error("the folder is there")
	}
}

// TestSweepHalf: a run that died before it had a lock is one too.
func TestSweepHalf(t *testing.T) {
	place, dir := dead(t)
	if err := os.Remove(filepath.Join(dir, "lock")); err != nil {
		t.Fatal(err)
	}
	if begin(t, place); there(dir) {
		t.Error("the folder is there")
	}
}

// TestBase: a place that others can write to is not swept for them.
func TestBase(t *testing.T) {
	place := base(t)
	if err := os.Mkdir(place, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(place, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Begin(place, nil); err == nil || !strings.Contains(err.Error(), place+" is not a folder that only you can use: remove it") {
		t.Errorf("a place for all gives %v", err)
	}
	link := place + "2"
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if _, err := Begin(link, nil); err == nil {
		t.Error("a link is a place")
	}
	t.Setenv("TMPDIR", "/var/a/long/way/down/to/the/place")
	if got, want := Base(), fmt.Sprintf("/tmp/loom-testbed-%d", syscall.Getuid()); got != want {
		t.Errorf("the place is %s, want %s", got, want)
	}
}
