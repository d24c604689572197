package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/service"
)

// What is in the known log: {job="known", app=…, pod=…, env=…}.
const (
	knownStreams = 50
	perStream    = 2000
	knownLines   = knownStreams * perStream
	knownEvery   = 600 * time.Millisecond // between two lines of a stream
)

// knownLine is a line that the tests wrote, to compute answers from.
type knownLine struct {
	at     time.Time
	stream int
	level  string
	kind   string // the text without what varies in it
	id     int    // its own
	text   string
}

func (l knownLine) pod() string { return fmt.Sprintf("pod-%02d", l.stream) }
func (l knownLine) app() string { return fmt.Sprintf("app-%d", l.stream%5) }

func (l knownLine) labels() map[string]string {
	return map[string]string{"job": "known", "app": l.app(), "pod": l.pod(), "env": []string{"prod", "staging"}[l.stream%2]}
}

// knownLog is all of them, by time.
type knownLog struct {
	start, end time.Time // the end is exclusive
	lines      []knownLine
}

// makeKnown writes down what there is to know, and asks nobody: 20 minutes that
// end a little before now. Every tenth line of all streams has the same time.
func makeKnown(now time.Time) *knownLog {
	k := &knownLog{end: now.UTC().Truncate(time.Minute)}
	k.start = k.end.Add(-perStream * knownEvery)
	for i := range perStream {
		for s := range knownStreams {
			l := knownLine{at: k.start.Add(time.Duration(i) * knownEvery), stream: s, id: i*knownStreams + s}
			if i%10 != 0 {
				l.at = l.at.Add(time.Duration(s)*time.Millisecond + time.Duration(i)*time.Nanosecond)
			}
			switch {
			case i%20 == 3:
				l.level, l.kind = "error", `level=error msg="upstream timed out" id=<_> host=<_>`
				l.text = fmt.Sprintf(`level=error msg="upstream timed out" id=%d host=10.0.%d.%d`, l.id, s, i%250)
			case i%5 == 1:
				l.level, l.kind = "warn", `level=warn msg="slow query" id=<_> took=<_>`
				l.text = fmt.Sprintf(`level=warn msg="slow query" id=%d took=%dms`, l.id, 100+i%900)
			case i%2 == 0:
				l.level, l.kind = "info", `level=info msg="request served" id=<_> path=/api/items/<_> status=<_>`
				l.text = fmt.Sprintf(`level=info msg="request served" id=%d path=/api/items/%d status=%d`, l.id, i%77, 200+i%4)
			default:
				l.level, l.kind = "info", `level=info msg="cache refreshed" id=<_>`
				l.text = fmt.Sprintf(`level=info msg="cache refreshed" id=%d`, l.id)
			}
			k.lines = append(k.lines, l)
		}
	}
	slices.SortStableFunc(k.lines, func(a, b knownLine) int { return a.at.Compare(b.at) })
	return k
}

// where are the lines that fit.
func (k *knownLog) where(fits func(knownLine) bool) (list []knownLine) {
	for _, l := range k.lines {
		if fits(l) {
			list = append(list, l)
		}
	}
	return list
}

// within reports whether l is in [start, end).
func (l knownLine) within(start, end time.Time) bool { return !l.at.Before(start) && l.at.Before(end) }

// window is the range of all lines, as arguments.
func (k *knownLog) window() string {
	return fmt.Sprintf(`"start":"%s","end":"%s"`, k.start.Format(time.RFC3339), k.end.Format(time.RFC3339))
}

var (
	knownLogOnce sync.Once
	knownLogs    *knownLog
)

// knownLoki is a client of the whole line before a Loki that has the known log,
// which is written once.
func knownLoki(t *testing.T) (*testbed.Client, service.Endpoint, *knownLog) {
	t.Helper()
	at := use(t, "loki")
	knownLogOnce.Do(func() { knownLogs = writeKnownLog(t, at) })
	if knownLogs == nil {
		t.Fatal("the known log was not written: see the test that was first")
	}
	return newWorld(t, lokiServer(at.URL)).Connect(testbed.ClientOptions{}), at, knownLogs
}

func writeKnownLog(t *testing.T, at service.Endpoint) *knownLog {
	k := makeKnown(time.Now())
	for part := range slices.Chunk(k.lines, 10_000) {
		streams := make(map[int]*pushedStream)
		var all []*pushedStream
		for _, l := range part {
			s := streams[l.stream]
			if s == nil {
				s = &pushedStream{Stream: l.labels()}
				streams[l.stream] = s
				all = append(all, s)
			}
			s.add(l.at, l.text)
		}
		pushStreams(t, at, all...)
	}
	// The index learns of lines when they are written to chunks.
	response, err := browser.Post(at.URL+"/flush", "", nil)
	if err != nil || response.StatusCode != http.StatusNoContent {
		t.Fatalf("flushing: %v %v", response, err)
	}
	response.Body.Close()
	testbed.Eventually(t, "the index knows all lines", func() bool {
		var stats struct{ Entries int }
		url := fmt.Sprintf(`%s/loki/api/v1/index/stats?query={job="known"}&start=%d&end=%d`, at.URL, k.start.UnixNano(), k.end.UnixNano())
		return getJSON(strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22").Replace(url), &stats) == nil && stats.Entries >= knownLines
	})
	return k
}

// pushedStream is a stream as Loki takes it.
type pushedStream struct {
	Stream map[string]string `json:"stream"`
	Values [][2]string       `json:"values"`
}

func (s *pushedStream) add(at time.Time, line string) {
	s.Values = append(s.Values, [2]string{strconv.FormatInt(at.UnixNano(), 10), line})
}

// lokiLogs is an answer of mcp-loki with lines.
type lokiLogs struct {
	Query    string
	Count    int
	Labels   map[string]string
	HasMore  bool           `json:"has_more"`
	Cursor   string         `json:"next_cursor"`
	NextArgs map[string]any `json:"next_args"`
	Warnings []string
	Hints    []string
	body     string
}

var idOf = regexp.MustCompile(`\bid=([0-9]+)`)

// ids of the lines, in their order.
func (a lokiLogs) ids() (list []int) {
	for _, m := range idOf.FindAllStringSubmatch(a.body, -1) {
		n, _ := strconv.Atoi(m[1])
		list = append(list, n)
	}
	return list
}

// logs calls a tool that answers with lines.
func logs(t *testing.T, c *testbed.Client, tool, arguments string) lokiLogs {
	t.Helper()
	f := c.Call("loki__"+tool, arguments)
	if f.Err() != nil || f.IsError() {
		t.Fatalf("%s %s: %s", tool, arguments, f)
	}
	var result struct{ Content []struct{ Text string } }
	if err := json.Unmarshal([]byte(f.Result()), &result); err != nil || len(result.Content) == 0 {
		t.Fatalf("%s %s: %v: %s", tool, arguments, err, f)
	}
	var a lokiLogs
	if err := json.Unmarshal([]byte(result.Content[0].Text), &a); err != nil {
		t.Fatalf("%s %s: %v: %s", tool, arguments, err, f)
	}
	if len(result.Content) > 1 {
		a.body = result.Content[1].Text
	}
	if size := len(result.Content[0].Text) + len(a.body); size > 96<<10 {
		t.Errorf("%s: %d bytes", tool, size)
	}
	return a
}

// followLogs calls query_logs and all next_args after it. between runs between
// two pages; it may be nil.
func followLogs(t *testing.T, c *testbed.Client, arguments string, between func()) (ids []int, calls int) {
	t.Helper()
	var args map[string]any
	if err := json.Unmarshal([]byte(arguments), &args); err != nil {
		t.Fatal(err)
	}
	for calls = 1; calls < 500; calls++ {
		raw, _ := json.Marshal(args)
		a := logs(t, c, "query_logs", string(raw))
		ids = append(ids, a.ids()...)
		if a.HasMore != (a.NextArgs != nil) {
			t.Errorf("has_more is %v, next_args %v", a.HasMore, a.NextArgs)
		}
		if a.NextArgs == nil {
			return ids, calls
		}
		for name, v := range a.NextArgs {
			args[name] = v
		}
		if between != nil {
			between()
		}
	}
	t.Fatal("next_args does not end")
	return nil, 0
}

// sameIDs compares the lines of an answer with those that are known, in whatever order.
func sameIDs(t *testing.T, what string, got []int, want []knownLine) {
	t.Helper()
	ids := make([]int, len(want))
	for i, l := range want {
		ids[i] = l.id
	}
	got = slices.Clone(got)
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("%s: %d lines, %d of them different, want %d", what, len(got), len(slices.Compact(slices.Clone(got))), len(ids))
	}
}
