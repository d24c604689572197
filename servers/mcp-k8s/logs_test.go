package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

// logsOf is lines with the stamps of a kubelet, from noon minus a minute.
func logsOf(lines ...string) string {
	var b strings.Builder
	for i, l := range lines {
		fmt.Fprintf(&b, "2026-11-28T11:59:%02d.%03d000000Z %s\n", i/1000, i%1000, l)
	}
	return b.String()
}

func TestLogs(t *testing.T) {
	api := kubetest.New(t, pods(2, "default")...)
	api.Logs["default/web-0000/app"] = logsOf("level=info a", "level=error b 1", "level=info c", "level=error b 2")
	api.Logs["default/web-0001/app"] = logsOf("E1128 11:59:00 x.go:1] d", "I1128 e", "plain \x1b[31mtext", `{"level":"warn","msg":"token=hunter2-x"}`)
	c := connect(t, api, nil)
	for in, want := range map[string]string{
		`{"name":"web-0000"}`:                                      "level=info a\nlevel=error b 1\nlevel=info c\nlevel=error b 2\n",
		`{"name":"pod/web-0000","tail":1}`:                         "level=error b 2\n",
		`{"label_selector":"app=web","tail":3}`:                    "[0001] plain text\n[0000] level=error b 2\n[0001] {",
		`{"label_selector":"app=web","level":"error"}`:             "[0001] E1128 11:59:00 x.go:1] d\n[0000] level=error b 1\n[0000] level=error b 2\n",
		`{"name":"web-0000","grep":"c$","context_lines":1}`:        "level=error b 1\nlevel=info c\nlevel=error b 2\n",
		`{"name":"web-0000","exclude":"info"}`:                     "level=error b 1\nlevel=error b 2\n",
		`{"name":"web-0000","level":"error","dedupe":true}`:        "level=error b 2 (x2)\n",
		`{"name":"web-0000","tail":1,"timestamps":true}`:           "2026-11-28T11:59:00.003Z level=error b 2\n",
		`{"name":"web-0001","grep":"token="}`:                      `token=[redacted: value, 9 characters]`,
		`{"name":"web-0001","grep":"hunter"}`:                      "none of 4 lines fits", // what is not shown is not found
		`{"name":"web-0001","grep":"token=[^h]"}`:                  `"matched":1`,
		`{"name":"web-0001","exclude":"hunter","tail":1}`:          `token=[redacted: value, 9 characters]`,
		`{"name":"web-0001","grep":"n text"}`:                      "plain text\n",
		`{"name":"web-0000","grep":"nothing"}`:                     "none of 4 lines fits",
		`{"name":"web-0000","tail":2,"container":"app"}`:           "level=info c\nlevel=error b 2\n",
		`{"name":"web-0000","container":"all","grep":"(?i)A$"}`:    `"matched":1`,
		`{"label_selector":"app=web","grep":"x","max_bytes":2048}`: `"sources":{"0000":"web-0000/app","0001":"web-0001/app"}`,
	} {
		has(t, c.MustText("get_logs", args("%s", in)), want)
	}
	for in, want := range map[string]string{
		`{}`:                              "one of name, owner and label_selector",
		`{"name":"web-0000","grep":"("}`:  "regular expression",
		`{"name":"web-0000","since":"x"}`: `argument "since"`,
		`{"owner":"web"}`:                 "want kind/name",
		`{"name":"x","namespace":"*"}`:    "logs are of one namespace",
		`{"name":"a/b/c"}`:                "cannot be a name",
	} {
		has(t, c.MustFail("get_logs", args("%s", in), kit.InvalidArgument), want)
	}
	has(t, c.MustFail("get_logs", args(`{"name":"web-000"}`), kit.NotFound), "did you mean web-0000, web-0001?")
	has(t, c.MustFail("get_logs", args(`{"name":"web-0000","container":"nope"}`), kit.NotFound), "containers are app")
	has(t, c.MustFail("get_logs", args(`{"name":"web-0000","previous":true}`), kit.FailedPrecondition), "diagnose_workload")
}

func TestLogsCut(t *testing.T) {
	api := kubetest.New(t, podYAML("default", "web", "Running"))
	var lines []string
	for i := range 3000 {
		lines = append(lines, fmt.Sprintf("line %04d %s", i, strings.Repeat("x", 20)))
	}
	lines = append(lines, strings.Repeat("y", 2000))
	api.Logs["default/web/app"] = logsOf(lines...)
	c := connect(t, api, nil)
	text := c.MustText("get_logs", args(`{"name":"web","tail":5000,"max_bytes":4096}`))
	has(t, text, "line 2999", strings.Repeat("y", 500)+"…(+1500)\n", "more comes before", "next_cursor")
	if len(text) > 4096 {
		t.Errorf("%d bytes", len(text))
	}
}

func TestLevels(t *testing.T) {
	for line, want := range map[string]string{
		"level=info msg=\"no error\"": "info", `{"severity":"ERROR","m":""}`: "error", "2026-11-28 WARN x": "warn", "panic: oh": "error", "hello": "info",
		"DEBUG x": "debug", "I1128 12:00:00 1 x.go:1] error": "info", "W1128 12:00:00 x": "warn", "Traceback (most recent call last):": "error", "terror": "info",
	} {
		if got := levelOf(line); got != levels[want] {
			t.Errorf("%q is %d, want %s", line, got, want)
		}
	}
}

func TestRing(t *testing.T) {
	r := ring{size: 3}
	for i := range 5 {
		r.add(line{text: fmt.Sprint(i)})
	}
	got := ""
	for _, l := range r.lines() {
		got += l.text
	}
	if got != "234" {
		t.Errorf("the ring has %s", got)
	}
}

// A line without end costs what is kept of it.
func TestScanLongLine(t *testing.T) {
	r := &reading{keep: 10}
	r.scan(bytes.NewReader(bytes.Repeat([]byte("z"), 3<<20)), 0, time.Now())
	if len(r.lines) != 1 || len(r.lines[0].text) != maxLine || r.bytes.Load() != 3<<20 {
		t.Errorf("%d lines, %d bytes read", len(r.lines), r.bytes.Load())
	}
}

// TestLogsKeepNoHalf: where a line is cut, no part of a token stays.
func TestLogsKeepNoHalf(t *testing.T) {
	api := kubetest.New(t, podYAML("default", "web", "Running"))
	api.Logs["default/web/app"] = logsOf(strings.Repeat("z", maxRunes-16) + " ghp_0123456789abcdefghijklmnopqrstuvwxyz and more")
	text := connect(t, api, nil).MustText("get_logs", args(`{"name":"web"}`))
	if !strings.Contains(text, "zzz [redacted") || strings.Contains(text, "ghp_0") {
		t.Errorf("%q", text[max(0, len(text)-100):])
	}
}
