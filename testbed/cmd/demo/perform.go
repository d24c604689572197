package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/testbed"
)

// perform shows the six, each with the time of what its line names.
func perform(s *stage, bin string) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		s.Fatalf("%v", err)
	}
	w := testbed.New(s, testbed.Options{Loom: filepath.Join(bin, "loom"), Loomd: filepath.Join(bin, "loomd")})
	s.mu.Lock()
	s.world = w
	s.mu.Unlock()
	git := findProject(s, w)
	top := git.top
	w.Registry("servers:\n" + git.entry())
	fmt.Printf("two MCP clients, each with a `loom proxy`, in %s\n\n", top)
	w.MustLoom("start")

	began := time.Now()
	a, b := w.Connect(testbed.ClientOptions{Dir: top}), w.Connect(testbed.ClientOptions{Dir: top})
	a.MustCall("git__get_status", "{}")
	first := server(s, w)
	b.MustCall("git__get_status", "{}")
	if second := server(s, w); second != first {
		s.Fatalf("the second client got server %d, the first one %d", second, first)
	}
	s.line(1, time.Since(began), "two clients, one server process: pid %d answered both", first)

	w.MustLoom("stop")
	began = time.Now()
	names, _ := a.Ask("tools/list", "").Tools()
	took := time.Since(began)
	if len(names) < 5 || running(w) != 0 {
		s.Fatalf("tools/list gave %d tools with %d servers running, want some with none", len(names), running(w))
	}
	s.line(2, took, "tools/list with no server running, loomd just started: %d tools", len(names))

	began = time.Now()
	answer := a.MustCall("git__list_commits", `{"per_page":1}`)
	took = time.Since(began)
	commit := oneCommit(answer, git.head)
	if commit == "" {
		s.Fatalf("git__list_commits does not give commit %s but:\n%s", git.head, answer)
	}
	s.line(3, took, "a call: the last commit is %s", commit)

	old := server(s, w)
	w.Kill(old)
	testbed.Eventually(s, "loomd notices", func() bool { return len(w.Server("git").Instances) == 0 })
	began = time.Now()
	b.MustCall("git__get_status", "{}")
	took = time.Since(began)
	fresh := server(s, w)
	if fresh == old {
		s.Fatalf("the server that was killed is still %d", old)
	}
	s.line(4, took, "kill -9 %d of the server; the next call works (pid %d)", old, fresh)

	before := w.Status().PID
	w.MustLoom("stop")
	w.MustLoom("start")
	began = time.Now()
	a.MustCall("git__get_status", "{}")
	b.MustCall("git__get_status", "{}")
	took = time.Since(began)
	after := w.Status()
	if after.PID == before || len(after.Sessions) != 2 {
		s.Fatalf("loomd is %d (was %d) and has %d connections, want another one with 2", after.PID, before, len(after.Sessions))
	}
	s.line(5, took, "loomd restarted (pid %d, now %d); both connections go on", before, after.PID)

	began = time.Now()
	e := a.Call("git__get_comit", "{}").Err()
	took = time.Since(began)
	if e == nil || !strings.Contains(e.Message, "git__get_commit") || !strings.Contains(e.Message, "hint: loom ") {
		s.Fatalf("an unknown tool gives %+v", e)
	}
	s.line(6, took, "bad input: %s", strings.ReplaceAll(e.Message, "\n", "; "))
}

// server is the pid of the one git server, as loom status --json has it.
func server(s *stage, w *testbed.World) int {
	var status loomrpc.Status
	if err := json.Unmarshal([]byte(w.MustLoom("status", "--json")), &status); err != nil {
		s.Fatalf("reading loom status --json: %v", err)
	}
	for _, one := range status.Servers {
		if one.Name == "git" && len(one.Instances) == 1 {
			return one.Instances[0].PID
		}
	}
	s.Fatalf("loom status does not show one git server: %+v", status.Servers)
	panic("unreachable")
}

// running counts the git servers that are alive.
func running(w *testbed.World) (n int) {
	for _, p := range w.Processes() {
		if strings.Contains(p.Args, "mcp-git") {
			n++
		}
	}
	return n
}

// oneCommit is the row of a list that begins with that sha: its sha and subject,
// cut to a terminal. It is empty when the list does not have the commit.
func oneCommit(list, head string) string {
	for line := range strings.Lines(list) {
		if fields := strings.Split(strings.TrimSpace(line), "\t"); strings.HasPrefix(fields[0], head[:7]) && len(fields) > 3 {
			text := []rune(fields[0] + " " + fields[3])
			if len(text) > 60 {
				text = append(text[:59], '…')
			}
			return string(text)
		}
	}
	return ""
}
