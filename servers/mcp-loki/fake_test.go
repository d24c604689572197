package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

func TestMain(m *testing.M) {
	service.Pause = func(context.Context, time.Duration) error { return nil } // nobody waits here
	os.Exit(m.Run())
}

// noon is what the clock of all tests says.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// fakeLine is a line that a fake has. Its stream is named by pod.
type fakeLine struct {
	at   int64
	pod  string
	line string
}

// fake is a Loki of a few streams: {app="api", pod=…}. It knows no LogQL but a
// line filter |= "…"; selectors are not looked at.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	lines    []fakeLine
	most     int // max_entries_limit_per_query
	requests []*http.Request
	answers  map[string]http.HandlerFunc // by path below /loki/api/v1/
	level    string                      // of all lines
}

func newFake(t testing.TB, lines ...fakeLine) *fake {
	f := &fake{lines: lines, most: 5000, answers: make(map[string]http.HandlerFunc), level: "info"}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// on answers a path in another way.
func (f *fake) on(path string, h http.HandlerFunc) *fake {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[path] = h
	return f
}

func (f *fake) add(lines ...fakeLine) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, lines...)
}

func (f *fake) asked() []*http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

func reply(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func plain(status int, body string) http.HandlerFunc {
	return reply(status, "text/plain; charset=utf-8", body)
}

func success(data string) http.HandlerFunc {
	return reply(200, "application/json", `{"status":"success","data":`+data+`}`)
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/loki/api/v1/")
	f.mu.Lock()
	f.requests = append(f.requests, r)
	h, lines := f.answers[path], slices.Clone(f.lines)
	f.mu.Unlock()
	if h != nil {
		h(w, r)
		return
	}
	q := r.URL.Query()
	start, _ := strconv.ParseInt(q.Get("start"), 10, 64)
	end, _ := strconv.ParseInt(q.Get("end"), 10, 64)
	within := func(l fakeLine) bool { return l.at >= start && (end == 0 || l.at < end) }
	var pods []string
	for _, l := range lines {
		if !slices.Contains(pods, l.pod) && within(l) {
			pods = append(pods, l.pod)
		}
	}
	slices.Sort(pods)
	list := func(one func(pod string) any) string {
		all := make([]any, len(pods))
		for i, pod := range pods {
			all[i] = one(pod)
		}
		raw, _ := json.Marshal(all)
		return string(raw)
	}
	pod := func(pod string) any { return pod }
	switch {
	case path == "query_range" && !strings.HasPrefix(q.Get("query"), "{"):
		success(`{"resultType":"matrix","result":`+list(func(pod string) any {
			return map[string]any{"metric": map[string]string{"pod": pod}, "values": [][]any{{noon.Unix(), "1"}}}
		})+`}`)(w, r)
	case path == "query_range":
		f.queryRange(w, r, slices.DeleteFunc(lines, func(l fakeLine) bool { return !within(l) }))
	case path == "query":
		success(f.count(q.Get("query"), q.Get("time"), lines))(w, r)
	case path == "labels":
		success(`["app","pod"]`)(w, r)
	case path == "label/app/values":
		success(`["api"]`)(w, r)
	case strings.HasPrefix(path, "label/"):
		success(list(pod))(w, r)
	case path == "series":
		success(list(func(pod string) any { return map[string]string{"app": "api", "pod": pod} }))(w, r)
	case path == "index/stats":
		reply(200, "application/json", fmt.Sprintf(`{"streams":%d,"chunks":1,"entries":%d,"bytes":1000}`, len(pods), len(lines)))(w, r)
	case strings.HasPrefix(path, "index/volume"):
		success(`{"resultType":"vector","result":`+list(func(pod string) any {
			return map[string]any{"metric": map[string]string{"pod": pod}, "value": []any{noon.Unix(), "100"}}
		})+`}`)(w, r)
	case path == "patterns":
		success(list(func(pod string) any {
			return map[string]any{"pattern": pod + " <_>", "samples": [][]int64{{noon.Unix() - 60, 2}}}
		}))(w, r)
	case path == "detected_fields":
		reply(200, "application/json", `{"fields":`+list(func(pod string) any { return map[string]any{"label": pod, "type": "string", "cardinality": 1} })+`}`)(w, r)
	case strings.HasPrefix(path, "detected_field/"):
		reply(200, "application/json", `{"values":`+list(pod)+`}`)(w, r)
	case path == "format_query":
		raw, _ := json.Marshal(q.Get("query"))
		success(string(raw))(w, r)
	default:
		plain(404, "404 page not found")(w, r)
	}
}

func (f *fake) queryRange(w http.ResponseWriter, r *http.Request, lines []fakeLine) {
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit > f.most {
		plain(400, fmt.Sprintf("max entries limit per query exceeded, limit > max_entries_limit_per_query (%d > %d)", limit, f.most))(w, r)
		return
	}
	if m := regexp.MustCompile(`\|= "([^"]*)"`).FindStringSubmatch(q.Get("query")); m != nil {
		lines = slices.DeleteFunc(lines, func(l fakeLine) bool { return !strings.Contains(l.line, m[1]) })
	}
	if strings.Contains(q.Get("query"), "detected_level") && f.level == "info" {
		lines = nil
	}
	// Which of the lines with one time come first is not promised: here it
	// changes with each request.
	turn := len(f.asked())
	slices.SortStableFunc(lines, func(a, b fakeLine) int {
		if q.Get("direction") == "backward" {
			a, b = b, a
		}
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare((len(a.line)*7+turn)%5, (len(b.line)*7+turn)%5))
	})
	type stream struct {
		Stream map[string]string `json:"stream"`
		Values [][]any           `json:"values"`
	}
	var streams []stream
	for _, l := range lines[:min(limit, len(lines))] {
		i := slices.IndexFunc(streams, func(s stream) bool { return s.Stream["pod"] == l.pod })
		if i < 0 {
			i = len(streams)
			streams = append(streams, stream{Stream: map[string]string{"app": "api", "pod": l.pod}})
		}
		streams[i].Values = append(streams[i].Values, []any{strconv.FormatInt(l.at, 10), l.line, map[string]any{"structuredMetadata": map[string]string{"detected_level": f.level}}})
	}
	raw, _ := json.Marshal(map[string]any{"resultType": "streams", "result": streams})
	success(string(raw))(w, r)
}

var windowOf = regexp.MustCompile(`\[([0-9]+)ms\]`)

// count is what count_over_time says of a window that is open at its start.
func (f *fake) count(query, at string, lines []fakeLine) string {
	end, _ := strconv.ParseInt(at, 10, 64)
	m := windowOf.FindStringSubmatch(query)
	n := 0
	if m != nil {
		length, _ := strconv.ParseInt(m[1], 10, 64)
		for _, l := range lines {
			if l.at > end-length*1e6 && l.at <= end {
				n++
			}
		}
	}
	if n == 0 {
		return `{"resultType":"vector","result":[]}`
	}
	return fmt.Sprintf(`{"resultType":"vector","result":[{"metric":{"detected_level":%q},"value":[1,"%d"]}]}`, f.level, n)
}

// testServer is a server before f, with settings NAME=value.
func testServer(t testing.TB, url string, settings ...string) *kit.Server {
	t.Helper()
	env := map[string]string{"LOKI_URL": url}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		env[name] = value
	}
	getenv := func(name string) string { return env[name] }
	c, err := newClient(getenv)
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGuard(getenv)
	if err != nil {
		t.Fatal(err)
	}
	return newServer(&loki{client: c, guard: g, now: func() time.Time { return noon }})
}

func (f *fake) connect(t testing.TB, settings ...string) *kittest.Client {
	return kittest.Connect(t, testServer(t, f.URL, settings...))
}

// many are n lines a second apart until noon, of ten pods, each another text.
func many(n int, text string) []fakeLine {
	lines := make([]fakeLine, n)
	for i := range lines {
		lines[i] = fakeLine{noon.Add(-time.Duration(n-i) * time.Second).UnixNano(), fmt.Sprintf("pod-%04d", i), fmt.Sprintf("line %d %s", i, text)}
	}
	return lines
}
