package forward

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/loom-core/loom/core/loomrpc"
)

// TestTranscripts plays testdata/*.txtar. The prose on top of a file names the
// rule; the file "transcript" has one step per line, in order:
//
//	client> FRAME   the client writes it        client< FRAME   the client must read it
//	loomd> FRAME    loomd writes it             loomd< FRAME    loomd must read it
//	loomd up        from here on one answers    loomd down      the connection ends, none answers
//	loomd up TEXT   the same; TEXT are more members of its answer to hello
//	loomd slow      from here on one listens    loomd greets    it answers the hello
//	loomd half TEXT it writes that without a line end
//	loomd broken    none can be started; without it a start takes until "loomd up"
//	wait DURATION   time passes                 client EOF      the client closes its end
//	client nothing  no frame waits for the client
//
// The hello at the head of each connection is answered by the test itself. The
// client's environment is clientEnv.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Parse(raw)
			if len(a.Files) != 1 || a.Files[0].Name != "transcript" {
				t.Fatalf("want one file named transcript")
			}
			synctest.Test(t, func(t *testing.T) { play(t, string(a.Files[0].Data)) })
		})
	}
}

// world is the two ends of a proxy.
type world struct {
	toProxy   *io.PipeWriter
	fromProxy chan string

	up      atomic.Bool
	broken  atomic.Bool
	dialled chan net.Conn // loomd's end of a connection that the proxy opened
	loomd   net.Conn
	lines   chan string // what loomd reads
}

func (w *world) dial(context.Context) (net.Conn, error) {
	if !w.up.Load() {
		return nil, errors.New("loomd is not running")
	}
	ours, theirs := net.Pipe()
	w.dialled <- ours
	return theirs, nil
}

// start is a loomd that takes its time, or one that cannot be started.
func (w *world) start(ctx context.Context) (net.Conn, error) {
	for !w.up.Load() {
		if w.broken.Load() {
			return nil, errors.New("starting loomd: it is not there")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return w.dial(ctx)
}

func readLines(r io.Reader) chan string {
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(r)
		for s.Scan() {
			lines <- s.Text()
		}
	}()
	return lines
}

var clientEnv = map[string]string{"KUBECONFIG": "/home/me/<kube>", "EMPTY": ""}

// connect takes the connection that the proxy opens.
func (w *world) connect(t *testing.T) {
	t.Helper()
	w.up.Store(true)
	w.loomd = <-w.dialled
	w.lines = readLines(w.loomd)
	if hello := <-w.lines; !strings.Contains(hello, `"method":"loom/hello"`) {
		t.Fatalf("the first frame is %s", hello)
	}
}

// greet answers its hello.
func (w *world) greet(more string) {
	if more != "" {
		more = "," + more
	}
	io.WriteString(w.loomd, `{"jsonrpc":"2.0","id":"loom:setup","result":{"protocol":1,"version":"v1","session":"1","catalog":"a"`+more+"}}\n")
}

func play(t *testing.T, script string) {
	in, toProxy := io.Pipe()
	fromProxy, out := io.Pipe()
	w := &world{toProxy: toProxy, fromProxy: readLines(fromProxy), dialled: make(chan net.Conn, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			In: in, Out: out, Log: t.Logf, Dial: w.dial, Connect: w.start,
			Hello: loomrpc.Hello{Protocol: 1, Version: "v1", PID: 1},
			Environ: func(name string) (string, bool) {
				value, set := clientEnv[name]
				return value, set
			},
		})
	}()
	defer func() {
		toProxy.Close()
		cancel()
		out.Close()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if w.loomd != nil {
			w.loomd.Close()
		}
	}()
	expect := func(n int, lines chan string, want string) {
		t.Helper()
		select {
		case got := <-lines:
			if got != want {
				t.Fatalf("line %d:\n got %s\nwant %s", n, got, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("line %d: nothing came, want %s", n, want)
		}
	}
	for n, line := range strings.Split(script, "\n") {
		n++
		synctest.Wait() // each step ends before the next begins
		switch verb, rest, _ := strings.Cut(line, " "); verb {
		case "", "#":
		case "client>":
			io.WriteString(toProxy, rest+"\n")
		case "client<":
			expect(n, w.fromProxy, rest)
		case "loomd>":
			io.WriteString(w.loomd, rest+"\n")
		case "loomd<":
			expect(n, w.lines, rest)
		case "wait":
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatalf("line %d: %v", n, err)
			}
			time.Sleep(d) // in the bubble: no time passes outside
		case "loomd":
			if text, ok := strings.CutPrefix(rest, "half "); ok {
				io.WriteString(w.loomd, text)
				continue
			}
			more, _ := strings.CutPrefix(rest, "up ")
			switch rest {
			default:
				if more == rest {
					t.Fatalf("line %d: unknown step %q", n, line)
				}
				w.connect(t)
				w.greet(more)
			case "up":
				w.connect(t)
				w.greet("")
			case "slow":
				w.connect(t)
			case "greets":
				w.greet("")
			case "broken":
				w.broken.Store(true)
			case "down":
				w.up.Store(false)
				w.loomd.Close()
			}
		case "client":
			if rest == "EOF" {
				toProxy.Close()
				continue
			}
			select {
			case got := <-w.fromProxy:
				t.Fatalf("line %d: the client got %s", n, got)
			default:
			}
		default:
			t.Fatalf("line %d: unknown step %q", n, line)
		}
	}
}
