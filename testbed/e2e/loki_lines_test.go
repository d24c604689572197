package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
)

// TestLokiLines: all lines of a query come, once and in order, whatever it
// filters by; many of them have one time.
func TestLokiLines(t *testing.T) {
	c, _, k := knownLoki(t)
	for _, tc := range []struct {
		name, what string
		fits       func(knownLine) bool
	}{
		{"one stream", `"query":"{job=\"known\", pod=\"pod-07\"}","per_page":300`, func(l knownLine) bool { return l.stream == 7 }},
		{"labels and level", `"labels":{"job":"known","app":"app-3"},"level":"error","per_page":333`, func(l knownLine) bool { return l.stream%5 == 3 && l.level == "error" }},
		{"two levels", `"labels":{"job":"known","pod":"pod-11"},"level":"error,warn","per_page":200`, func(l knownLine) bool { return l.stream == 11 && l.level != "info" }},
		{"contains", `"labels":{"job":"known","env":"prod"},"contains":["slow query","took=10"],"per_page":900`, func(l knownLine) bool {
			return l.stream%2 == 0 && strings.Contains(l.text, "slow query") && strings.Contains(l.text, "took=10")
		}},
		{"excludes", `"labels":{"job":"known","pod":"~pod-0[12]"},"excludes":["request","cache"],"per_page":777`, func(l knownLine) bool {
			return (l.stream == 1 || l.stream == 2) && l.level != "info"
		}},
		{"not", `"labels":{"job":"known","app":"app-0","pod":"!pod-00","env":"~prod|none"},"contains":"upstream","per_page":250`, func(l knownLine) bool {
			return l.stream%5 == 0 && l.stream != 0 && l.stream%2 == 0 && l.level == "error"
		}},
		{"parsed", `"query":"{job=\"known\", pod=\"pod-20\"} | logfmt | status = 203","per_page":100`, func(l knownLine) bool {
			return l.stream == 20 && strings.HasSuffix(l.text, "status=203")
		}},
		{"nothing", `"labels":{"job":"known","pod":"pod-20"},"contains":"no such line"`, func(knownLine) bool { return false }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := k.where(tc.fits)
			for _, direction := range []string{"backward", "forward"} {
				got, _ := followLogs(t, c, fmt.Sprintf(`{%s,%s,"direction":%q,"line_max":120}`, tc.what, k.window(), direction), nil)
				sameIDs(t, direction, got, want)
				inOrder(t, k, got, direction)
			}
		})
	}
}

// inOrder compares the times of lines with their order.
func inOrder(t *testing.T, k *knownLog, ids []int, direction string) {
	t.Helper()
	at := make(map[int]time.Time, len(k.lines))
	for _, l := range k.lines {
		at[l.id] = l.at
	}
	for i := 1; i < len(ids); i++ {
		if d := at[ids[i]].Compare(at[ids[i-1]]); direction == "forward" && d < 0 || direction == "backward" && d > 0 {
			t.Errorf("%s: line %d is at %s, the one before at %s", direction, i, at[ids[i]], at[ids[i-1]])
			return
		}
	}
}

// TestLokiPages: 50 lines have one time, and borders of pages fall among them;
// sizes around that of a page.
func TestLokiPages(t *testing.T) {
	c, at, k := knownLoki(t)
	start, end := k.start.Add(100*knownEvery), k.start.Add(111*knownEvery) // two times of all streams
	want := k.where(func(l knownLine) bool { return l.within(start, end) })
	for _, direction := range []string{"backward", "forward"} {
		for _, size := range []int{7, 30, 50, 1000} {
			got, calls := followLogs(t, c, fmt.Sprintf(`{"query":"{job=\"known\"}","start":"%s","end":"%s","per_page":%d,"direction":%q}`,
				start.Format(time.RFC3339Nano), end.Format(time.RFC3339Nano), size, direction), nil)
			sameIDs(t, fmt.Sprintf("%s in pages of %d", direction, size), got, want)
			if pages := (len(want) + size - 1) / size; calls != pages && size < 1000 { // 1000 are over the cap
				t.Errorf("%s in pages of %d: %d calls, want %d", direction, size, calls, pages)
			}
		}
	}

	const page = 20
	began := time.Now().UTC().Truncate(time.Second).Add(-time.Minute)
	for _, n := range []int{0, 1, page - 1, page, page + 1, page * 7 / 2} {
		for _, same := range []int{1, 7, max(n, 1)} {
			s := []*pushedStream{}
			for i := range 3 {
				s = append(s, &pushedStream{Stream: map[string]string{"job": "pages", "set": fmt.Sprintf("%d-%d", n, same), "pod": fmt.Sprint(i)}})
			}
			var all []knownLine
			for i := range n {
				l := knownLine{id: i, at: began.Add(time.Duration(i/same) * time.Millisecond)}
				s[i%3].add(l.at, fmt.Sprintf("level=info id=%d", i))
				all = append(all, l)
			}
			if n > 0 {
				pushStreams(t, at, s[:min(n, 3)]...)
			}
			for _, direction := range []string{"backward", "forward"} {
				got, calls := followLogs(t, c, fmt.Sprintf(`{"query":"{job=\"pages\", set=\"%d-%d\"}","per_page":%d,"direction":%q}`, n, same, page, direction), nil)
				sameIDs(t, fmt.Sprintf("%d lines, %d at once, %s", n, same, direction), got, all)
				if want := max(1, (n+page-1)/page); calls != want {
					t.Errorf("%d lines, %d at once, %s: %d calls, want %d", n, same, direction, calls, want)
				}
			}
		}
	}
}

// TestLokiPagesWhileLinesArrive: lines come in between, at the times of the
// borders too.
func TestLokiPagesWhileLinesArrive(t *testing.T) {
	c, at, _ := knownLoki(t)
	began := time.Now().UTC().Truncate(time.Second).Add(-2 * time.Minute)
	s := &pushedStream{Stream: map[string]string{"job": "arriving", "pod": "first"}}
	var all []knownLine
	for i := range 60 {
		s.add(began.Add(time.Duration(i/10)*time.Second), fmt.Sprintf("level=info id=%d", i))
		all = append(all, knownLine{id: i})
	}
	pushStreams(t, at, s)
	for _, direction := range []string{"backward", "forward"} {
		n := 1000
		got, _ := followLogs(t, c, fmt.Sprintf(`{"query":"{job=\"arriving\"}","per_page":8,"direction":%q}`, direction), func() {
			if n > 1030 {
				return
			}
			late := &pushedStream{Stream: map[string]string{"job": "arriving", "pod": direction}}
			for range 3 {
				late.add(began.Add(time.Duration(n%6)*time.Second), fmt.Sprintf("level=info id=%d", n))
				n++
			}
			pushStreams(t, at, late)
		})
		var first []int
		for _, id := range got {
			if id < 1000 {
				first = append(first, id)
			}
		}
		sameIDs(t, direction, first, all)
		slices.Sort(got)
		if n := len(got); direction == "backward" && len(slices.Compact(got)) != n {
			t.Errorf("%s: a line came twice", direction)
		}
	}
}

// TestLokiTail polls: every line that arrives comes once.
func TestLokiTail(t *testing.T) {
	c, at, _ := knownLoki(t)
	push := func(first, n int) {
		s := &pushedStream{Stream: map[string]string{"job": "tailed"}}
		now := time.Now()
		for i := range n {
			s.add(now.Add(time.Duration(i/4)*time.Nanosecond), fmt.Sprintf("level=info id=%d", first+i))
		}
		pushStreams(t, at, s)
	}
	push(0, 30)
	a := logs(t, c, "tail_logs", `{"query":"{job=\"tailed\"}","per_page":10}`)
	if ids := a.ids(); len(ids) != 10 || slices.Max(ids) != 29 || a.HasMore || len(a.Warnings) != 1 {
		t.Fatalf("the newest are %v, more %v, warnings %q", ids, a.HasMore, a.Warnings)
	}
	var got []int
	next := 30
	var want []knownLine
	for _, burst := range []int{0, 1, 25, 10, 0, 3} {
		push(next, burst)
		for i := range burst {
			want = append(want, knownLine{id: next + i})
		}
		next += burst
		for {
			a = logs(t, c, "tail_logs", fmt.Sprintf(`{"query":"{job=\"tailed\"}","per_page":10,"cursor":%q}`, a.Cursor))
			if got = append(got, a.ids()...); !a.HasMore {
				break
			}
		}
	}
	sameIDs(t, "what came after", got, want)
}

// TestLokiContext: the lines around one of its stream.
func TestLokiContext(t *testing.T) {
	c, _, k := knownLoki(t)
	of := k.where(func(l knownLine) bool { return l.stream == 23 })
	for _, i := range []int{0, 3, 500, 1003, perStream - 1} {
		a := logs(t, c, "get_log_context", fmt.Sprintf(`{"labels":{"job":"known","pod":"pod-23","detected_level":"error"},"time":%q,"before":12,"after":7}`, of[i].at.Format("2006-01-02T15:04:05.000Z")))
		var want []int
		for _, l := range of[max(0, i-12):min(perStream, i+8)] {
			want = append(want, l.id)
		}
		if got := a.ids(); !slices.Equal(got, want) {
			t.Errorf("around line %d are %v, want %v", i, got, want)
		}
		if !strings.Contains(a.body, "> "+of[i].at.Format("15:04:05.000")) || strings.Count(a.body, "\n> ") != 1 && i > 0 {
			t.Errorf("the line is not marked:\n%s", a.body)
		}
	}
}

// TestLokiLook: what an answer costs, and what is in it.
func TestLokiLook(t *testing.T) {
	c, at, k := knownLoki(t)
	text := c.MustCall("loki__query_logs", fmt.Sprintf(`{"query":"{job=\"known\"}","per_page":100,%s}`, k.window()))
	if tokens := len(text) / 4; tokens > 5000 || strings.Count(text, " id=") != 100 {
		t.Errorf("100 lines of %d cost %d tokens", strings.Count(text, " id="), tokens)
	} else {
		t.Logf("100 lines of 50 streams cost %d tokens", tokens)
	}
	f := c.Call("loki__query_logs", `{"query":"{job=\"known\"}"}`)
	if !strings.Contains(string(f.Raw), `"loom/untrusted":true`) {
		t.Errorf("it is not marked as untrusted: %.300s", f.Raw)
	}

	now := time.Now()
	pushLines(t, at, map[string]string{"job": "dirty"}, now,
		"\x1b[31mred\x1b[0m and \u202e\u200bhidden\x00 text", "first\n23:59:59.999 error second of a trace\n\tat third", "Authorization: Bearer abcdefghijklmnop0123456789", strings.Repeat("long ", 1000))
	a := logs(t, c, "query_logs", `{"query":"{job=\"dirty\"}","line_max":100}`)
	for _, want := range []string{"red and hidden text\n", "first\n    23:59:59.999 error second of a trace\n    \tat third\n", "…(+4899)"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("want %q in\n%s", want, a.body)
		}
	}
	if strings.ContainsAny(a.body, "\x1b\x00\u202e\u200b") || strings.Contains(a.body, "abcdefghijklmnop0123456789") {
		t.Errorf("it is not clean:\n%s", a.body)
	}
	folded := logs(t, c, "query_logs", fmt.Sprintf(`{"labels":{"job":"known","pod":"pod-01"},"per_page":1000,"dedupe":true,%s}`, k.window()))
	newest := k.where(func(l knownLine) bool { return l.stream == 1 })[perStream-1000:]
	counts := make(map[string]int)
	for _, l := range newest {
		counts[l.kind]++
	}
	for kind, n := range counts {
		if !strings.Contains(folded.body, fmt.Sprintf(" x%d (to ", n)) {
			t.Errorf("%d lines are like %s, in\n%s", n, kind, folded.body)
		}
	}
	if lines := strings.Count(folded.body, " id="); lines != len(counts) || folded.Count != 1000 {
		t.Errorf("%d lines are folded into %d, want %d", folded.Count, lines, len(counts))
	}
}

// TestLokiGuard: what would read too much is refused before it is run.
func TestLokiGuard(t *testing.T) {
	_, at, k := knownLoki(t)
	c := newWorld(t, lokiServer(at.URL, "LOKI_MAX_SCAN=1MiB", "LOKI_MAX_RANGE=2h")).Connect(testbed.ClientOptions{})
	for arguments, want := range map[string][]string{
		`{"query":"{job=~\".+\"}"}`:                               {"failed_precondition", "reads all streams", "service_name="},
		`{"query":"{job=\"known\"}","start":"3h"}`:                {"failed_precondition", "reads 3h, the guard allows 2h", "start="},
		`{"query":"{job=\"known\"}",` + k.window() + `}`:          {"failed_precondition", "MiB, the guard allows 1.0 MiB", "start="},
		`{"query":"{job=\"known\"}","override":true}`:             {"permission_denied", "LOKI_ALLOW_OVERRIDE"},
		`{"query":"{job=\"known\", pod=\"pod-01\"} |= unquoted"}`: {"invalid_argument", "parse error", "\n" + strings.Repeat(" ", 33) + "^"},
	} {
		f := c.Call("loki__query_logs", arguments)
		for _, w := range want {
			if !f.IsError() || !strings.Contains(f.Text(), w) {
				t.Errorf("%s: want %q in %s", arguments, w, f)
			}
		}
	}
	if text := c.MustCall("loki__query_logs", `{"query":"{job=\"known\", pod=\"pod-01\"}",`+k.window()+`}`); !strings.Contains(text, " id=") {
		t.Errorf("one stream is within: %s", text)
	}
	if a := logs(t, c, "query_logs", `{"query":"{job=\"knwon\"}"}`); len(a.Hints) != 1 || !strings.Contains(a.Hints[0], `did you mean "known"?`) {
		t.Errorf("hints %q", a.Hints)
	}
}

// TestLokiGone: without its upstream a tool says so, at once.
func TestLokiGone(t *testing.T) {
	gate(t)
	loki, at := bed.Alone(t, "loki")
	c := newWorld(t, lokiServer(at.URL)).Connect(testbed.ClientOptions{})
	c.MustCall("loki__list_labels", `{}`)
	if err := loki.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := c.Call("loki__query_logs", `{"query":"{job=\"x\"}"}`)
	if text := f.Text() + string(f.Raw); !f.IsError() || !strings.Contains(text, `unavailable`) {
		t.Errorf("without its upstream the tool gives %s", f)
	}
}
