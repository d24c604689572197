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
)

var testNow = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// busy is a loomd with something of everything.
func busy() loomrpc.Status {
	since := testNow.Add(-3 * time.Minute)
	return loomrpc.Status{
		Version: "v1.2.3", Protocol: 1, PID: 4711, Started: testNow.Add(-130 * time.Minute),
		Socket: "/run/user/1000/loom/loomd.sock", StateDir: "/home/u/.local/state/loom",
		Registry: "/home/u/.config/loom/registry.yaml", RegistryError: "registry.yaml:7:3: unknown key \"comand\"\nregistry.yaml:9:1: duplicate key",
		Environment: "guessed", Newer: "v1.3.0", Metrics: "http://127.0.0.1:9464/metrics",
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
	empty.Sessions, empty.Servers, empty.RegistryError, empty.Environment, empty.Metrics, empty.Newer = nil, nil, "", "saved", "", ""
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
