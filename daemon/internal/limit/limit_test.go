package limit

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/daemon/internal/proc"
)

const mib = 1 << 20

// watched enforces limits without any help of the kernel's.
func watched(pid int, l Limits) *Limit { return (&Limiter{}).Start(pid, l) }

// causeOf is what Watch says within ten seconds.
func causeOf(t *testing.T, m *Limit) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var cause string
	if err := m.Watch(ctx, func(c string) { cause = c }); err != nil {
		t.Fatal(err)
	}
	return cause
}

func TestMemoryOfAllProcessesCounts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := watched(s.pid(), Limits{Memory: 200 * mib})
	s.do("take 50")
	if cause, share, err := m.look(); cause != "" || err != nil || share < 0.25 {
		t.Fatalf("with 50 MiB: %q %v %v", cause, share, err)
	}
	s.do("take 200")
	began := time.Now()
	cause := causeOf(t, m)
	if !regexp.MustCompile(`^over its memory limit of 200 MiB: [2-9]\d\d(\.\d)? MiB in 1 process$`).MatchString(cause) {
		t.Errorf("got %q", cause)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestProcessesCount(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := watched(s.pid(), Limits{Processes: 4})
	s.do("start 3")
	if cause, share, err := m.look(); cause != "" || err != nil || share != 1 {
		t.Fatalf("with 4: %q %v %v", cause, share, err)
	}
	s.do("start 2")
	if cause, want := causeOf(t, m), "over its limit of 4 processes: 6 are running"; cause != want {
		t.Errorf("got %q, want %q", cause, want)
	}
}

// A process in a session of its own, whose parent has ended, still counts.
func TestOneThatWentAwayCounts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := watched(s.pid(), Limits{Processes: 2})
	s.do("leave")
	if cause, _, err := m.look(); cause != "over its limit of 2 processes: 3 are running" || err != nil {
		t.Fatalf("%q %v", cause, err)
	}
	var parent, grandchild proc.Process
	for pid := range m.known {
		switch p, _ := proc.Lookup(pid); {
		case p.Group == p.PID && p.PID != s.pid():
			parent = p
		case p.Group != s.pid():
			grandchild = p
		}
	}
	if grandchild.Parent != parent.PID {
		t.Fatalf("%+v is no child of %+v", grandchild, parent)
	}
	defer syscall.Kill(grandchild.PID, syscall.SIGKILL)
	syscall.Kill(parent.PID, syscall.SIGKILL)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, there := proc.Lookup(parent.PID); !there {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("its parent does not die")
		}
	}
	m.limits.Processes, m.limiter = 1, &Limiter{}
	if cause, _, err := m.look(); cause != "over its limit of 1 process: 2 are running" || err != nil {
		t.Errorf("without its parent: %q %v", cause, err)
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- watched(s.pid(), Limits{Memory: 1}).Watch(ctx, func(string) { cancel() })
	}()
	if err := <-done; err != nil || ctx.Err() == nil {
		t.Errorf("%v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if err := watched(s.pid(), Limits{Memory: 1}).Watch(ctx, func(string) { t.Error("called") }); err != nil {
		t.Error(err)
	}
}

func TestAnotherProcessOfThatNumberIsNotWatched(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := watched(s.pid(), Limits{Memory: 1, Processes: 1})
	m.began--
	if cause, share, err := m.look(); cause != "" || share != 0 || err != nil {
		t.Errorf("%q %v %v", cause, share, err)
	}
}

func TestNodeIsMeasuredByWhatItUses(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node: install nodejs")
	}
	cmd := exec.Command(node, "-e", `let held=[]; console.log("ok"); process.stdin.on("data", () => { for (let i=0; i<300; i++) held.push(Buffer.alloc(1<<20, 1)); console.log("ok") })`)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	out.Read(make([]byte, 8))
	m := watched(cmd.Process.Pid, Limits{Memory: 200 * mib})
	if cause, _, err := m.look(); cause != "" || err != nil { // although it has reserved gigabytes
		t.Errorf("at its start: %q %v", cause, err)
	}
	in.Write([]byte("take\n"))
	out.Read(make([]byte, 8))
	if cause := causeOf(t, m); !strings.HasPrefix(cause, "over its memory limit of 200 MiB: 3") {
		t.Errorf("got %q", cause)
	}
}

func TestMembers(t *testing.T) {
	for _, tc := range []struct {
		name string
		p    proc.Process
		want bool
	}{
		{"a child", proc.Process{PID: 20, Parent: 10}, true},
		{"a grandchild", proc.Process{PID: 20, Parent: 11}, true},
		{"one of its group", proc.Process{PID: 20, Parent: 1, Group: 10}, true},
		{"one of a descendant's group", proc.Process{PID: 20, Parent: 1, Group: 11}, true},
		{"one of a descendant's session", proc.Process{PID: 20, Parent: 1, Session: 11}, true},
		{"one that was seen before", proc.Process{PID: 30, Parent: 1, Start: 5}, true},
		{"another of that number", proc.Process{PID: 30, Parent: 1, Start: 6}, false},
		{"a child of one that was seen before", proc.Process{PID: 20, Parent: 31}, true},
		{"a neighbour", proc.Process{PID: 20, Parent: 1, Group: 20, Session: 1}, false},
		{"loomd", proc.Process{PID: 2, Parent: 1, Group: 2, Session: 1}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := &Limit{pid: 10, began: 3, known: map[int]int64{30: 5, 31: 5}}
			all := []proc.Process{tc.p, {PID: 31, Parent: 1, Start: 5}, {PID: 11, Parent: 10, Group: 11, Session: 11}, {PID: 10, Parent: 2, Group: 10, Session: 1, Start: 3}}
			got := slices.ContainsFunc(m.members(all), func(p proc.Process) bool { return p.PID == tc.p.PID })
			if got != tc.want {
				t.Errorf("it counts: %v", got)
			}
		})
	}
}

func TestWordsForPeople(t *testing.T) {
	for bytes, want := range map[int64]string{512 * mib: "512 MiB", 512*mib + mib/2: "512.5 MiB", 3 << 30: "3072 MiB", 100 << 10: "0.1 MiB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d: %q, want %q", bytes, got, want)
		}
	}
}
