package trace

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)

// show is a line as a test can compare it.
func show(l Line) string {
	return strings.TrimRight(fmt.Sprintf("%s/%s %s %s %s %s %s %dB %s %d %s", l.Client, l.Server, l.Direction, l.Kind, l.Method, l.ID, l.Tool, l.Bytes, l.Took, l.Code, l.Body), " ")
}

// got takes what a listener has.
func got(l *Listener) []string {
	out := []string{}
	for {
		select {
		case line := <-l.Lines():
			out = append(out, show(line))
		default:
			return out
		}
	}
}

func compare(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// emit sends a message at a time after start.
func emit(t *Trace, after time.Duration, client, server, direction, frame string) {
	t.Emit(Event{Time: start.Add(after), Session: "1", Client: client, Server: server, Direction: direction, Frame: []byte(frame)})
}

func TestLines(t *testing.T) {
	tr := New(known("s3cret-7"))
	if tr.Active() {
		t.Error("active without a listener")
	}
	l := tr.Subscribe(Filter{})
	defer l.Stop()
	ms := time.Millisecond
	emit(tr, 0, "codex", "", ClientToLoom, `{"jsonrpc":"2.0","id":7,"method":"loom/call","params":{"server":"git","tool":"log","params":{"name":"x"}}}`)
	emit(tr, 1*ms, "codex", "git", LoomToServer, `{"jsonrpc":"2.0","id":31,"method":"tools/call","params":{"name":"log"}}`)
	emit(tr, 2*ms, "codex", "git", ServerToLoom, `{"jsonrpc":"2.0","id":7,"method":"roots/list"}`) // an id of the server's own
	emit(tr, 3*ms, "codex", "git", LoomToServer, `{"jsonrpc":"2.0","id":7,"result":{}}`)
	emit(tr, 4*ms, "codex", "git", ServerToLoom, `{"jsonrpc":"2.0","id":31,"result":{}}`)
	emit(tr, 5*ms, "codex", "git", LoomToClient, `{"jsonrpc":"2.0","id":7,"error":{"code":-31001,"message":"m"}}`)
	emit(tr, 6*ms, "codex", "", ClientToLoom, `{"jsonrpc":"2.0","method":"loom/mcp","params":{"jsonrpc":"2.0","method":"notifications/cancelled"}}`)
	emit(tr, 7*ms, "codex", "", LoomToClient, `{"jsonrpc":"2.0","id":99,"result":{}}`) // asked before anybody listened
	emit(tr, 8*ms, "codex", "git", ServerToLoom, `listening s3cret-7`)
	emit(tr, 9*ms, "codex", "", ClientToLoom, `{"jsonrpc":"2.0","id":"s3cret-7","method":"as3cret-7`+strings.Repeat("x", 100)+`"}`)
	compare(t, got(l),
		"codex/git client>loom request tools/call 7 log 106B 0s 0",
		"codex/git loom>server request tools/call 31 log 71B 0s 0",
		"codex/git server>loom request roots/list 7  46B 0s 0",
		"codex/git loom>server result roots/list 7  36B 1ms 0",
		"codex/git server>loom result tools/call 31 log 37B 3ms 0",
		"codex/git loom>client error tools/call 7 log 62B 5ms -31001",
		"codex/ client>loom notification notifications/cancelled   52B 0s 0",
		"codex/ loom>client result  99  37B 0s 0",
		"codex/git server>loom invalid    18B 0s 0",
		`codex/ client>loom request a[redacted]`+strings.Repeat("x", 89)+`… "[redacted]"  154B 0s 0`)
}

func TestFilters(t *testing.T) {
	tr := New(nil)
	client, server, body := tr.Subscribe(Filter{Client: "codex"}), tr.Subscribe(Filter{Servers: []string{"git"}}), tr.Subscribe(Filter{Client: "claude", Body: true})
	if tr.Listeners() != 3 {
		t.Errorf("%d listeners", tr.Listeners())
	}
	emit(tr, 0, "codex", "git", ServerToLoom, `{"id":1,"result":{"token":"a"}}`)
	emit(tr, 0, "claude", "loki", ServerToLoom, `{"id":2,"result":{"token":"a"}}`)
	emit(tr, 0, "claude", "", ClientToLoom, `{"id":3,"method":"loom/call","params":{"server":"git","tool":"x"}}`)
	compare(t, got(client), "codex/git server>loom result  1  31B 0s 0")
	compare(t, got(server), "codex/git server>loom result  1  31B 0s 0", "claude/git client>loom request tools/call 3 x 66B 0s 0")
	compare(t, got(body), `claude/loki server>loom result  2  31B 0s 0 {"id":2,"result":{"token":"[redacted]"}}`,
		`claude/git client>loom request tools/call 3 x 66B 0s 0 {"id":3,"method":"loom/call","params":{"server":"git","tool":"x"}}`)
	for _, l := range []*Listener{client, server, body} {
		l.Stop()
		l.Stop()
	}
	if tr.Active() || len(tr.open) > 0 {
		t.Errorf("after the last one: active %v, %d open", tr.Active(), len(tr.open))
	}
	emit(tr, 0, "codex", "git", ServerToLoom, `{}`)
	compare(t, got(client))
}

// TestSlowListener: a listener that reads nothing loses events, and nobody else does.
func TestSlowListener(t *testing.T) {
	tr := New(nil)
	slow, quick := tr.Subscribe(Filter{}), tr.Subscribe(Filter{})
	seen := 0
	for range buffer + 10 {
		emit(tr, 0, "c", "s", ServerToLoom, `{"method":"m"}`)
		seen += len(got(quick))
	}
	if n := slow.Dropped(); n != 10 || slow.Dropped() != 0 || quick.Dropped() != 0 || seen != buffer+10 {
		t.Errorf("%d dropped, the other one saw %d", n, seen)
	}
}

func TestOpenRequestsAreBounded(t *testing.T) {
	tr := New(nil)
	defer tr.Subscribe(Filter{}).Stop()
	for n := range maxOpen + 10 {
		emit(tr, 0, "c", "s", LoomToServer, fmt.Sprintf(`{"id":%d,"method":"m"}`, n))
	}
	if len(tr.open) > maxOpen {
		t.Errorf("%d are open", len(tr.open))
	}
}

func TestManyAtOnce(t *testing.T) {
	tr := New(nil)
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for i := range 100 {
				emit(tr, 0, "c", "s", LoomToServer, fmt.Sprintf(`{"id":%d,"method":"m"}`, n*100+i))
			}
		})
		wg.Go(func() {
			for range 100 {
				l := tr.Subscribe(Filter{Body: true})
				got(l)
				l.Stop()
			}
		})
	}
	wg.Wait()
	if tr.Active() || len(tr.open) > 0 {
		t.Errorf("active %v, %d open", tr.Active(), len(tr.open))
	}
}

func BenchmarkEmitWithoutListeners(b *testing.B) {
	tr := New(nil)
	e := Event{Time: start, Frame: []byte(`{"id":1,"method":"m"}`)}
	b.ReportAllocs()
	for b.Loop() {
		tr.Emit(e)
	}
}

func BenchmarkEmitWithBody(b *testing.B) {
	for name, text := range map[string]string{"1KiB": strings.Repeat("a word, ", 128), "512KiB": strings.Repeat(`{\"a\":[1,2]},`, 40000)} {
		tr := New(known("one secret", "another secret"))
		defer tr.Subscribe(Filter{Body: true}).Stop()
		e := Event{Time: start, Direction: ServerToLoom, Frame: []byte(`{"id":1,"result":{"content":[{"type":"text","text":"[` + text + `0]"}]}}`)}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(e.Frame)))
			for b.Loop() {
				tr.Emit(e)
			}
		})
	}
}
