package orphan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/daemon/internal/proc"
)

// state is the state directory of one test: tests do not see each other's processes.
func state(t *testing.T) Options {
	return Options{InstanceVar: "TEST_INSTANCE", Instance: "now", StateVar: "TEST_STATE", State: t.TempDir(), Patience: 100 * time.Millisecond}
}

func alive(pid int) bool { _, ok := proc.Lookup(pid); return ok }

func pidsOf(procs []Process) (out []int) {
	for _, p := range procs {
		out = append(out, p.PID)
	}
	slices.Sort(out)
	return out
}

func TestSweepEndsWhatAKilledLoomdLeft(t *testing.T) {
	o := state(t)
	marks := "TEST_INSTANCE=old,TEST_STATE=" + o.State
	pids := family(t,
		"server{gi}"+marks, // what loomd starts, and it ignores SIGTERM
		"+grandchild{si}",  // in a session of its own
		"+hidden{n}",       // in the server's group, without an environment to see
		"+polite{s}",
		"other{g}TEST_INSTANCE=old,TEST_STATE=/another",
		"+others-child{s}",
		"current{g}TEST_INSTANCE=now,TEST_STATE="+o.State,
		"unmarked{g}",
	)
	began := time.Now()
	report, err := Sweep(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < o.Patience || took > 20*o.Patience {
		t.Errorf("it took %v with a process that ignores SIGTERM", took)
	}
	for name, pid := range pids {
		ended := slices.Contains([]string{"server", "grandchild", "hidden", "polite"}, name)
		if alive(pid) == ended {
			t.Errorf("%s: alive is %v", name, !ended)
		}
		if found := slices.ContainsFunc(report.Found, func(p Process) bool { return p.PID == pid }); found != ended {
			t.Errorf("%s: found is %v", name, found)
		}
	}
	if len(report.Found) != 4 || !slices.Equal(pidsOf(report.Found), pidsOf(report.Ended)) || len(report.Left) > 0 {
		t.Errorf("report: %+v", report)
	}
	for _, p := range report.Found {
		if want := map[bool]string{true: "", false: "old"}[p.PID == pids["hidden"]]; p.Instance != want || p.Name == "" {
			t.Errorf("%s is of instance %q", p, p.Instance)
		}
	}
	if again, err := Sweep(t.Context(), o); err != nil || len(again.Found) > 0 {
		t.Errorf("the second time: %v %v", again, err)
	}
}

func TestNothingLeftTakesNoTime(t *testing.T) {
	o := state(t)
	o.Patience = time.Hour
	report, err := Sweep(t.Context(), o)
	if err != nil || len(report.Found) > 0 {
		t.Errorf("%v %v", report, err)
	}
}

func TestSweepCanBeGivenUp(t *testing.T) {
	o := state(t)
	o.Patience = time.Hour
	pids := family(t, "server{gi}TEST_INSTANCE=old,TEST_STATE="+o.State)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	report, err := Sweep(ctx, o)
	if !errors.Is(err, context.DeadlineExceeded) || len(report.Left) != 1 || report.Left[0].PID != pids["server"] {
		t.Errorf("%+v %v", report, err)
	}
}

func TestAnotherProcessOfThatNumberIsSafe(t *testing.T) {
	pids := family(t, "server{g}")
	p, _ := proc.Lookup(pids["server"])
	send([]Process{{PID: p.PID, start: p.Start - 1}}, killSignal)
	send([]Process{{PID: p.PID, start: p.Start}}, 0)
	if !alive(p.PID) {
		t.Fatal("a process was killed for an older one of its number")
	}
	// It is the guard that spared it.
	send([]Process{{PID: p.PID, start: p.Start}}, killSignal)
	if err := waitGone(t.Context(), []Process{{PID: p.PID, start: p.Start}}, 10*time.Second); err != nil || alive(p.PID) {
		t.Errorf("it lives: %v", err)
	}
}

func TestItMustBeSaidWhose(t *testing.T) {
	for _, o := range []Options{{}, {InstanceVar: "A", Instance: "i", StateVar: "B"}, {InstanceVar: "A", StateVar: "B", State: "s"}} {
		if _, err := Sweep(t.Context(), o); err == nil {
			t.Errorf("%+v is enough", o)
		}
	}
}

func TestLeftOver(t *testing.T) {
	const self = 100
	o := Options{InstanceVar: "I", Instance: "now", StateVar: "S", State: "mine"}
	for _, tc := range []struct {
		name   string
		p      proc.Process
		env    string
		before []entry
		want   bool
	}{
		{"of another life", proc.Process{PID: 200, Parent: 1}, "I=old S=mine", nil, true},
		{"of this life", proc.Process{PID: 200, Parent: 1}, "I=now S=mine", nil, false},
		{"of another directory", proc.Process{PID: 200, Parent: 1}, "I=old S=theirs", nil, false},
		{"without a directory", proc.Process{PID: 200, Parent: 1}, "I=old", nil, false},
		{"without a life", proc.Process{PID: 200, Parent: 1}, "S=mine", nil, false},
		{"of a name that begins so", proc.Process{PID: 200, Parent: 1}, "I=old SS=mine", nil, false},
		{"unmarked", proc.Process{PID: 200, Parent: 1}, "A=b", nil, false},
		{"this one", proc.Process{PID: self, Parent: 50}, "I=old S=mine", nil, false},
		{"what started this one", proc.Process{PID: 50, Parent: 1}, "I=old S=mine", nil, false},
		{"a child of this one", proc.Process{PID: 200, Parent: self}, "I=old S=mine", nil, false},
		{"noted", proc.Process{PID: 200, Parent: 1, Start: 7}, "", []entry{{pid: 200, pgid: 200, start: 7}}, true},
		{"a later one of a noted number", proc.Process{PID: 200, Parent: 1, Group: 9, Start: 8}, "", []entry{{pid: 200, pgid: 200, start: 7}}, false},
		{"noted, and of another directory", proc.Process{PID: 200, Parent: 1, Start: 7}, "S=theirs", []entry{{pid: 200, pgid: 200, start: 7}}, false},
		{"in a noted group without its leader", proc.Process{PID: 201, Parent: 1, Group: 200, Session: 3, Start: 9}, "", []entry{{pid: 200, pgid: 200, session: 3, start: 7}}, true},
		{"in a later group of that number", proc.Process{PID: 201, Parent: 1, Group: 200, Session: 4, Start: 9}, "", []entry{{pid: 200, pgid: 200, session: 3, start: 7}}, false},
		{"in an earlier group of that number", proc.Process{PID: 201, Parent: 1, Group: 200, Session: 3, Start: 6}, "", []entry{{pid: 200, pgid: 200, session: 3, start: 7}}, false},
		{"in the group of another leader", proc.Process{PID: 201, Parent: 1, Group: 50, Session: 3, Start: 9}, "", []entry{{pid: 50, pgid: 50, session: 3, start: 7}}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			procs := []proc.Process{{PID: 50, Parent: 1}, {PID: self, Parent: 50}}
			procs = append(slices.DeleteFunc(procs, func(p proc.Process) bool { return p.PID == tc.p.PID }), tc.p)
			env := func(pid int, names ...string) []string {
				out := make([]string, len(names))
				for kv := range strings.SplitSeq(tc.env, " ") {
					name, value, _ := strings.Cut(kv, "=")
					if i := slices.Index(names, name); i >= 0 && pid == tc.p.PID {
						out[i] = value
					}
				}
				return out
			}
			got := leftOver(procs, self, tc.before, o, env)
			if found := len(got) == 1 && got[0].PID == tc.p.PID; found != tc.want || len(got) > 1 {
				t.Errorf("found %v, want %v", got, tc.want)
			}
		})
	}
}

// At the end of loomd what its own servers left is ended as well.
func TestSweepAtTheEnd(t *testing.T) {
	o := state(t)
	o.Own = true
	pids := family(t, "current{s}TEST_INSTANCE=now,TEST_STATE="+o.State, "other{g}TEST_INSTANCE=now,TEST_STATE=/another")
	report, err := Sweep(t.Context(), o)
	if err != nil || len(report.Ended) != 1 || alive(pids["current"]) || !alive(pids["other"]) {
		t.Errorf("%+v %v", report, err)
	}
}

func TestJournalIsSwept(t *testing.T) {
	o := state(t)
	file := filepath.Join(o.State, "children")
	pids := family(t, "server{gni}", "+group{n}", "stranger{gn}")
	last, err := OpenJournal(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"server", "stranger"} {
		if err := last.Add(pids[name]); err != nil {
			t.Fatal(err)
		}
	}
	if fi, err := os.Stat(file); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", fi.Mode(), err)
	}
	// The stranger is a later process of a noted number.
	raw, _ := os.ReadFile(file)
	was, _ := proc.Lookup(pids["stranger"])
	line := entry{was.PID, was.Group, was.Session, was.Start}.String()
	earlier := entry{was.PID, was.Group, was.Session, was.Start - 1}.String()
	if err := os.WriteFile(file, []byte(strings.Replace(string(raw), line, earlier, 1)), 0o600); err != nil {
		t.Fatal(err)
	}

	if o.Journal, err = OpenJournal(file); err != nil {
		t.Fatal(err)
	}
	report, err := Sweep(t.Context(), o)
	if err != nil || len(report.Ended) != 2 || alive(pids["server"]) || alive(pids["group"]) || !alive(pids["stranger"]) {
		t.Errorf("%+v %v, stranger alive: %v", report, err, alive(pids["stranger"]))
	}
	if j, err := OpenJournal(file); err != nil || len(j.before()) != 0 {
		t.Errorf("after the sweep it holds %v, %v", j.before(), err)
	}
}
