package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/mark3labs/mcp-go/mcp"
)

// logsAnswer is an answer with lines.
type logsAnswer struct {
	logsMeta
	Truncated bool
	body      string
}

func callLogs(t testing.TB, c *kittest.Client, tool string, args map[string]any) logsAnswer {
	t.Helper()
	r := c.Call(tool, args)
	if r.IsError {
		t.Fatalf("%s %v: %s", tool, args, kittest.Text(r))
	}
	var a logsAnswer
	if err := json.Unmarshal([]byte(r.Content[0].(mcp.TextContent).Text), &a); err != nil {
		t.Fatal(err)
	}
	if len(r.Content) > 1 {
		a.body = r.Content[1].(mcp.TextContent).Text
	}
	return a
}

var numbered = regexp.MustCompile(`(?m)(?:^|\s)n=([0-9]+);`)

// numbers are those of the lines in an answer, in their order.
func (a logsAnswer) numbers() (list []string) {
	for _, m := range numbered.FindAllStringSubmatch(a.body, -1) {
		list = append(list, m[1])
	}
	return list
}

// followLogs is all lines of a call and of the next_args after it. between runs
// between two pages.
func followLogs(t testing.TB, c *kittest.Client, args map[string]any, between func()) (all []string, calls int) {
	t.Helper()
	args = maps.Clone(args)
	for calls = 1; ; calls++ {
		a := callLogs(t, c, "query_logs", args)
		got := a.numbers()
		if len(got) != a.Count {
			t.Errorf("count is %d, there are %d lines", a.Count, len(got))
		}
		all = append(all, got...)
		if a.HasMore != (a.NextArgs != nil) {
			t.Errorf("has_more %v, next_args %v", a.HasMore, a.NextArgs)
		}
		if a.NextArgs == nil {
			return all, calls
		}
		if calls > 2000 {
			t.Fatal("it does not end")
		}
		maps.Copy(args, a.NextArgs)
		if between != nil {
			between()
		}
	}
}

// once fails unless each number from 0 to n-1 is there exactly once.
func once(t testing.TB, what string, got []string, n int) {
	t.Helper()
	seen := make(map[string]int)
	for _, s := range got {
		seen[s]++
	}
	for i := range n {
		if k := seen[fmt.Sprint(i)]; k != 1 {
			t.Errorf("%s: line %d came %d times", what, i, k)
			return
		}
	}
	if len(got) != n {
		t.Errorf("%s: %d lines of %d", what, len(got), n)
	}
}

// equal are n lines of which each same share one nanosecond, in some streams.
func equal(n, same int) []fakeLine {
	lines := make([]fakeLine, n)
	for i := range lines {
		at := noon.Add(-10*time.Minute + time.Duration(i/same)*time.Millisecond)
		lines[i] = fakeLine{at.UnixNano(), fmt.Sprintf("p%d", i%3), fmt.Sprintf("n=%d; %s", i, strings.Repeat("x", i%4))}
	}
	return lines
}

func TestPagesLoseAndRepeatNothing(t *testing.T) {
	for _, size := range []int{1, 7, 20} {
		for _, n := range []int{0, 1, size - 1, size, size + 1, size * 7 / 2} {
			for _, same := range []int{1, 2, 5, size, size + 1, max(1, n)} {
				c := newFake(t, equal(n, same)...).connect(t)
				for _, dir := range []string{"backward", "forward"} {
					what := fmt.Sprintf("%d lines, %d at once, pages of %d, %s", n, same, size, dir)
					got, calls := followLogs(t, c, map[string]any{"query": `{app="api"}`, "per_page": size, "direction": dir}, nil)
					once(t, what, got, n)
					if want := max(1, (n+size-1)/size); calls != want {
						t.Errorf("%s: %d calls, want %d", what, calls, want)
					}
				}
			}
		}
	}
}

func TestPagesAreInOrder(t *testing.T) {
	c := newFake(t, equal(50, 1)...).connect(t)
	for dir, first := range map[string]string{"backward": "49", "forward": "0"} {
		got, _ := followLogs(t, c, map[string]any{"query": `{app="api"}`, "per_page": 8, "direction": dir}, nil)
		for i, s := range got {
			want := i
			if dir == "backward" {
				want = 49 - i
			}
			if s != fmt.Sprint(want) {
				t.Fatalf("%s begins with %s: %v", dir, first, got)
			}
		}
	}
}

// TestPagesWhileLinesArrive: lines come in between pages: newer ones, others at
// the very time of the border, and older ones. What was there at first comes
// once; what came later comes at most once.
func TestPagesWhileLinesArrive(t *testing.T) {
	for _, dir := range []string{"backward", "forward"} {
		for _, same := range []int{1, 4, 30} {
			f := newFake(t, equal(30, same)...)
			extra := 1000
			random := rand.New(rand.NewPCG(1, uint64(same)))
			got, _ := followLogs(t, f.connect(t), map[string]any{"query": `{app="api"}`, "per_page": 6, "direction": dir}, func() {
				if extra < 1040 {
					base := f.lines[random.IntN(len(f.lines))].at
					f.add(fakeLine{base, "p0", fmt.Sprintf("n=%d;", extra)}, fakeLine{noon.UnixNano() + int64(extra), "p1", fmt.Sprintf("n=%d;", extra+1)})
					extra += 2
				}
			})
			var first []string
			seen := make(map[string]bool)
			for _, s := range got {
				if len(s) < 4 {
					first = append(first, s)
				}
				if seen[s] {
					t.Errorf("%s: %s came twice", dir, s)
				}
				seen[s] = true
			}
			once(t, fmt.Sprintf("%s, %d at once", dir, same), first, 30)
		}
	}
}

// TestPagesOfASmallLoki: the Loki gives fewer lines than a page has.
func TestPagesOfASmallLoki(t *testing.T) {
	f := newFake(t, equal(100, 3)...)
	f.most = 10
	got, _ := followLogs(t, f.connect(t), map[string]any{"query": `{app="api"}`, "per_page": 40}, nil)
	once(t, "pages of a small Loki", got, 100)

	f = newFake(t, equal(30, 30)...)
	f.most = 10
	c := f.connect(t)
	args := map[string]any{"query": `{app="api"}`, "per_page": 40}
	for calls := 0; ; calls++ {
		r := c.Call("query_logs", args)
		text := kittest.Text(r)
		if r.IsError {
			if !strings.Contains(text, string(kit.FailedPrecondition)) || !strings.Contains(text, "lines have the time 2026-11-01T11:50:00Z") {
				t.Errorf("more lines of one time than it gives: %s", text)
			}
			break
		}
		if calls > 30 {
			t.Fatal("it does not end")
		}
		args["cursor"] = callLogs(t, c, "query_logs", args).NextArgs["cursor"]
	}
}

func TestPagesUnderACap(t *testing.T) {
	lines := equal(120, 7)
	for i := range lines {
		lines[i].line += strings.Repeat("ä", i*3)
	}
	c := newFake(t, lines...).connect(t)
	for _, most := range []int{2048, 5000} {
		for _, dir := range []string{"backward", "forward"} {
			got, _ := followLogs(t, c, map[string]any{"query": `{app="api"}`, "per_page": 50, "direction": dir, "max_bytes": most}, nil)
			once(t, fmt.Sprintf("max_bytes %d, %s", most, dir), got, 120)
		}
	}
}

func TestCursorOfAnotherCall(t *testing.T) {
	c := newFake(t, equal(30, 1)...).connect(t)
	a := callLogs(t, c, "query_logs", map[string]any{"query": `{app="api"}`, "per_page": 5})
	for _, args := range []map[string]any{
		{"query": `{app="web"}`, "cursor": a.Cursor}, {"query": `{app="api"}`, "direction": "forward", "cursor": a.Cursor}, {"query": `{app="api"}`, "cursor": "abc"},
	} {
		c.MustFail("query_logs", args, kit.InvalidArgument)
	}
	c.MustFail("tail_logs", map[string]any{"query": `{app="api"}`, "cursor": a.Cursor}, kit.InvalidArgument)
}

// TestTail polls while lines arrive, bursts larger than a page and many at one
// time among them.
func TestTail(t *testing.T) {
	f := newFake(t, equal(10, 1)...)
	c := f.connect(t)
	args := map[string]any{"query": `{app="api"}`, "window": "1h", "per_page": 8}
	a := callLogs(t, c, "tail_logs", args)
	if got := strings.Join(a.numbers(), " "); got != "2 3 4 5 6 7 8 9" || a.HasMore || a.Cursor == "" || len(a.Warnings) != 1 {
		t.Fatalf("the newest are %s: %+v", got, a.logsMeta)
	}
	next, n := a.Cursor, 10
	var all []string
	last := f.lines[9].at
	for _, burst := range []int{0, 1, 8, 9, 30, 0, 3} {
		for i := range burst {
			f.add(fakeLine{last + int64(i/6), "p2", fmt.Sprintf("n=%d;", n)})
			n++
		}
		last += int64(burst / 6)
		for calls := 0; ; calls++ {
			args["cursor"] = next
			a := callLogs(t, c, "tail_logs", args)
			all, next = append(all, a.numbers()...), a.Cursor
			if !a.HasMore {
				break
			}
		}
	}
	seen := make(map[string]int)
	for _, s := range all {
		seen[s]++
	}
	for i := 10; i < n; i++ {
		if seen[fmt.Sprint(i)] != 1 {
			t.Errorf("line %d came %d times", i, seen[fmt.Sprint(i)])
		}
	}
	if len(all) != n-10 {
		t.Errorf("%d lines, want %d", len(all), n-10)
	}
}

// TestTailUnderACap keeps the newest lines at first, and what follows whole.
func TestTailUnderACap(t *testing.T) {
	lines := equal(60, 1)
	for i := range lines {
		lines[i].line += strings.Repeat("y", 100)
	}
	f := newFake(t, lines...)
	c := f.connect(t)
	args := map[string]any{"query": `{app="api"}`, "window": "1h", "max_bytes": 2048}
	a := callLogs(t, c, "tail_logs", args)
	got := a.numbers()
	if len(got) == 0 || got[len(got)-1] != "59" || !a.Truncated {
		t.Errorf("%v, truncated %v", got, a.Truncated)
	}
	for i := range 40 {
		f.add(fakeLine{lines[59].at + 1 + int64(i/9), "p0", fmt.Sprintf("n=%d; %s", 100+i, strings.Repeat("z", 120))})
	}
	var all []string
	for args["cursor"] = a.Cursor; ; args["cursor"] = a.Cursor {
		a = callLogs(t, c, "tail_logs", args)
		if all = append(all, a.numbers()...); !a.HasMore {
			break
		}
	}
	if len(all) != 40 || all[0] != "100" || all[39] != "139" {
		t.Errorf("what followed: %v", all)
	}
}
