package fakeserver

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTwiceAndStray: each answer comes twice, after some that nobody asked for.
func TestTwiceAndStray(t *testing.T) {
	p := start(t, Options{Chaos: Chaos{Twice: true, Stray: true}})
	p.read() // the second answer to initialize
	_, before := p.call("pid", `{}`)
	if len(before) != 2 {
		t.Fatalf("before the answer came %q", before)
	}
	is(t, "a stray id", member(before[0], "id"), "987654321")
	is(t, "a stray id", member(before[1], "id"), `"nobody"`)
	is(t, "the second answer", member(p.read(), "id"), "2")
}

// TestWildProgress: with each call comes progress of nobody.
func TestWildProgress(t *testing.T) {
	p := start(t, Options{Chaos: Chaos{WildProgress: true}})
	_, before := p.call("pid", `{}`)
	if n := strings.Count(strings.Join(before, ""), "notifications/progress"); n != 2 {
		t.Errorf("before the answer came %q", before)
	}
}

// TestReorder: answers change places, and all of them come.
func TestReorder(t *testing.T) {
	p := start(t, Options{Chaos: Chaos{Reorder: 40 * time.Millisecond, Seed: 7}})
	const n = 8
	came := map[string]bool{}
	var order []string
	for range n {
		p.request("ping", `{}`)
	}
	for range n {
		id := member(p.read(), "id")
		came[id] = true
		order = append(order, id)
	}
	if len(came) != n || slices.IsSorted(order) {
		t.Errorf("the answers came as %v", order)
	}
}

// TestFlood: reports and log lines come as many as asked for, if they are wanted.
func TestFlood(t *testing.T) {
	p := start(t, Options{Surface: true})
	_, before := p.ask("tools/call", `{"name":"flood","arguments":{"n":1000},"_meta":{"progressToken":1}}`)
	all := strings.Join(before, "")
	if progress, logs := strings.Count(all, "notifications/progress"), strings.Count(all, "notifications/message"); progress != 1000 || logs != 1000 {
		t.Errorf("%d reports and %d lines came", progress, logs)
	}
	p.ask("logging/setLevel", `{"level":"error"}`)
	if _, before = p.call("flood", `{"n":1000}`); len(before) != 0 {
		t.Errorf("%d came that nobody wanted", len(before))
	}
}

// TestSlowStdin: the server answers, and then reads nothing for a while.
func TestSlowStdin(t *testing.T) {
	p := start(t, Options{Surface: true})
	p.call("slow_stdin", `{"ms":50}`)
	began := time.Now()
	p.send(`{"jsonrpc":"2.0","id":"next","method":"ping"}`)
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("it read on after %s", took)
	}
	p.answer(`"next"`)
}
