package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry"
)

var testNow = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// busy is a loomd with something of everything.
func busy() loomrpc.Status {
	since := testNow.Add(-3 * time.Minute)
	return loomrpc.Status{
		Version: "v1.2.3", Protocol: 1, PID: 4711, Started: testNow.Add(-130 * time.Minute),
		Socket: "/run/user/1000/loom/loomd.sock", StateDir: "/home/u/.local/state/loom",
		Registry: "/home/u/.config/loom/registry.yaml", RegistryError: "registry.yaml:7:3: unknown key \"comand\"\nregistry.yaml:9:1: duplicate key",
		Projects: []loomrpc.ProjectStatus{
			{Dir: "/home/ada/app", State: "trusted", Sessions: 2, Servers: []loomrpc.ServerStatus{
				{Name: "db", ID: "db@app-0a1b2c3d", Project: "/home/ada/app", Enabled: true, Known: true, Tools: 3, Tokens: 400, Instances: []loomrpc.Instance{{State: "ready"}}},
				{Name: "wiki", ID: "wiki@app-0a1b2c3d", Project: "/home/ada/app", Enabled: true, LastError: "secret wiki was not granted to the project /home/ada/app\nhint: loom trust /home/ada/app"},
			}},
			{Dir: "/home/ada/\u202eold", State: "changed", Sessions: 1, Servers: []loomrpc.ServerStatus{},
				Note: "The servers of this project are not used: /home/ada/\u202eold/.loom/registry.yaml changed since it was trusted; loom trust '/home/ada/\u202eold' shows how, and asks."},
		},
		Notes:       []string{"db asks its clients things, so it serves one client at a time: the right one has to be asked"},
		Environment: "guessed", Newer: "v1.3.0", Metrics: "http://127.0.0.1:9464/metrics",
		Traces: 1, Audit: loomrpc.AuditStatus{File: "/home/u/.local/state/loom/audit.jsonl", Dropped: 1204, Error: "writing the audit log: no space left on device"},
		Sessions: []loomrpc.Session{
			{ID: "1", Client: "claude", Profile: "default", Dir: "/home/u/project", PID: 100, Since: testNow.Add(-26 * time.Hour), Calls: 2},
			{ID: "2", Profile: "ops", PID: 12345, Since: since},
		},
		Servers: []loomrpc.ServerStatus{
			{Name: "git", Enabled: true, Known: true, Tools: 12, Tokens: 2345, Instances: []loomrpc.Instance{
				{Key: "/home/u/project", State: "ready", PID: 1, InFlight: 2, Queued: 1}, {Key: "/home/u/other", State: "starting", PID: 2}}},
			{Name: "idle", Enabled: true, Known: true, Tools: 1, Tokens: 80},
			{Name: "old", Enabled: true, Known: true, Tools: 1, Tokens: 80, Instances: []loomrpc.Instance{{State: "draining"}, {State: "stopped"}}},
			{Name: "new", Enabled: true},
			{Name: "broken", Enabled: true, LastError: "starting mcp-broken: exit status 1\n  | no token\n"},
			{Name: "recovered", Enabled: true, Known: true, LastError: "it ended", Instances: []loomrpc.Instance{{State: "ready"}}},
			{Name: "off"},
		},
	}
}

func TestPrintStatus(t *testing.T) {
	empty := busy()
	empty.Notes, empty.Sessions, empty.Servers, empty.RegistryError, empty.Environment, empty.Metrics, empty.Newer, empty.Audit, empty.Traces, empty.Projects = nil, nil, nil, "", "saved", "", "", loomrpc.AuditStatus{}, 0, nil
	for _, c := range []struct {
		name   string
		status loomrpc.Status
		io     IO
	}{
		{"status_busy", busy(), IO{}},
		{"status_empty", empty, IO{}},
		{"status_narrow_colour", busy(), IO{Color: true, Width: 60}},
	} {
		var out bytes.Buffer
		c.io.Out = &out
		printStatus(&StatusOptions{IO: &c.io, Now: func() time.Time { return testNow }}, c.status)
		golden.Check(t, "print/"+c.name+".golden", out.Bytes())
	}
}

func TestPrintTool(t *testing.T) {
	tool := loomrpc.Tool{Name: "git__log", Server: "git", Tool: "log", Tokens: 98, Definition: []byte(`{"name":"git__log",
"description":"Show commits, newest first, of one branch or of all of them.\n\n  indented \u001b[31m\n- a point that goes on for longer than a line of sixty columns has room",
"inputSchema":{"properties":{"path":{"type":"string","description":"Only commits that touch this file or folder, relative to the top"},
"max":{"type":["integer","null"],"default":10}},"required":["path"]}}`)}
	for name, width := range map[string]int{"tool": 0, "tool_narrow": 60} {
		var out bytes.Buffer
		if err := printTool(&IO{Out: &out, Width: width}, tool); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "print/"+name+".golden", out.Bytes())
	}
}

func TestPrintToolsCutsDescriptions(t *testing.T) {
	var out bytes.Buffer
	io := &IO{Out: &out, Err: &out, Width: 40}
	printTools(&ToolsOptions{IO: io}, loomrpc.ToolsReply{Tools: []loomrpc.Tool{
		{Name: "git__log", Tokens: 98, Definition: []byte(`{"description":"Show commits, newest first, of one branch"}`)},
		{Name: "a", Tokens: 1, Definition: []byte(`{"title":"A"}`)},
	}})
	golden.Check(t, "print/tools_narrow.golden", out.Bytes())
}

// TestPrintTokens also loads the lines that are said to hide tools.
func TestPrintTokens(t *testing.T) {
	used := testNow.Add(-26 * time.Hour)
	reply := loomrpc.ToolsReply{UsageSince: testNow.AddDate(0, 0, -30), Tools: []loomrpc.Tool{
		{Name: "git__log", Server: "git", Tool: "log", Tokens: 98, Calls: 1204, LastUsed: used, Definition: []byte(`{"description":"Show commits"}`)},
		{Name: "git__add", Server: "git", Tool: "add", Tokens: 1300},
		{Name: "git__on", Server: "git", Tool: "on", Tokens: 1},
		{Name: "git__a_b", Server: "git", Tool: "a: \"b\"", Tokens: 2},
		{Name: "echo__say", Server: "echo", Tool: "say", Tokens: 700},
		{Name: "loom__status", Server: "loom", Tool: "status", Tokens: 60},
	}}
	print := func(reply loomrpc.ToolsReply) string {
		var out bytes.Buffer
		printTokens(&ToolsOptions{IO: &IO{Out: &out}, Now: func() time.Time { return testNow }}, reply)
		return out.String()
	}
	text := print(reply)
	golden.Check(t, "print/tools_tokens.golden", []byte(text))
	_, lines, _ := strings.Cut(text, "\n\n  servers:\n")
	reg, err := registry.Parse("registry.yaml", []byte("version: 1\nservers:\n"+strings.Replace(lines, "      tools:", "      command: x\n      tools:", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range reply.Tools {
		if s, _ := reg.Server("git"); tool.Server == "git" && s.ToolEnabled(tool.Tool) != (tool.Calls > 0) {
			t.Errorf("%s is wrongly hidden or shown by\n%s", tool.Tool, lines)
		}
	}

	reply.Tools = reply.Tools[:1]
	if text := print(reply); !strings.HasSuffix(text, "1 tool, 98 tokens\nEvery tool was called since 2026-10-02 12:00 (30d0h ago).\n") {
		t.Errorf("all are used: %s", text)
	}
	reply.UsageSince = time.Time{}
	if text := print(reply); !strings.HasSuffix(text, "1 tool, 98 tokens\n") {
		t.Errorf("nobody counts: %s", text)
	}
}

func TestJSONKeepsTheWire(t *testing.T) {
	var out bytes.Buffer
	if err := (&IO{Out: &out}).JSON(busy()); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "print/status.json", out.Bytes())
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		io := &IO{Err: &out, ErrTTY: true}
		stop := io.Progress(time.Second, "waiting")
		time.Sleep(500 * time.Millisecond)
		stop()
		if out.Len() > 0 {
			t.Errorf("a quick answer: %q", out.String())
		}
		stop = io.Progress(time.Second, "waiting")
		time.Sleep(2500 * time.Millisecond)
		stop()
		stop()
		if want := "\r\x1b[Kwaiting … 1s\r\x1b[Kwaiting … 2s\r\x1b[K"; out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
		out.Reset()
		io.ErrTTY = false
		stop = io.Progress(0, "waiting")
		time.Sleep(time.Second)
		stop()
		if out.Len() > 0 {
			t.Errorf("without a terminal: %q", out.String())
		}
	})
}

func TestHuman(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(0), "0"}, {count(999), "999"}, {count(1000), "1,000"}, {count(-1234567), "-1,234,567"}, {count(-999), "-999"},
		{size(0), "0 B"}, {size(1023), "1023 B"}, {size(1536), "1.5 KiB"}, {size(5 << 20), "5.0 MiB"}, {size(3 << 40), "3072.0 GiB"},
		{age(0), "0s"}, {age(-time.Second), "0s"}, {age(59900 * time.Millisecond), "59s"}, {age(time.Minute), "1m"},
		{age(61 * time.Minute), "1h01m"}, {age(50 * time.Hour), "2d2h"},
		{took(-1), "0.0ms"}, {took(1250 * time.Microsecond), "1.2ms"}, {took(12 * time.Millisecond), "12ms"}, {took(1250 * time.Millisecond), "1.2s"}, {took(2 * time.Minute), "2m"},
		{plural(1, "process"), "1 process"}, {plural(2, "process"), "2 processes"}, {plural(0, "tool"), "0 tools"},
		{shorten("größer", 4), "grö…"}, {shorten("a b c", 5), "a b c"}, {shorten("ab cd", 4), "ab…"},
		{oneLine(" a\tb\x1b[31m\n\u009bc "), "a b [31m c"},
		{wrap("aaaa bbbb cccc", 0, " "), " aaaa bbbb cccc"},
		{wrap(strings.Repeat("word ", 12), 40, "  "), "  word word word word word word word\n  word word word word word"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("", 3600))
	for text, want := range map[string]string{
		"90s": "2026-11-22T11:58:30+01:00", "2h30m": "2026-11-22T09:30:00+01:00", "7d": "2026-11-15T12:00:00+01:00", "0s": "2026-11-22T12:00:00+01:00",
		"2026-11-20": "2026-11-20T00:00:00+01:00", "2026-11-20 10:30": "2026-11-20T10:30:00+01:00", "2026-11-20T10:30:05Z": "2026-11-20T10:30:05Z",
		"-1h": "", "yesterday": "", "": "", "10": "", "d": "", "-1d": "", "2026-13-01": "",
	} {
		got, err := parseSince(text, now)
		if (err != nil) != (want == "") || err == nil && got.Format(time.RFC3339) != want {
			t.Errorf("parseSince(%q) = %s, %v, want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"prometheus", "git", "gitlab", "loki", "git__get_status", "git__log"}
	for word, want := range map[string][]string{
		"promtheus": {"prometheus"}, "gti": {"git"}, "git": {"git", "gitlab", "git__get_status"},
		"status": {"git__get_status"}, "xyz": nil, "": nil, "LOKI": {"loki"},
	} {
		if got := nearest(word, names); !slices.Equal(got, want) {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
