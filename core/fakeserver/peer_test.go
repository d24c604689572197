package fakeserver

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// peer is a client at the other end of a pipe. Its script is what was said, the
// requests without the _meta that all of them have.
type peer struct {
	t      *testing.T
	in     io.WriteCloser
	came   chan string
	next   int
	meta   string // raw members of _meta in each request, empty in the legacy era
	script bytes.Buffer
}

// modernMeta is what a client of the modern era says with each request.
const modernMeta = `"` + mcp.MetaProtocolVersion + `":"2026-07-28","` + mcp.MetaClientCapabilities + `":{"elicitation":{}},"` + mcp.MetaClientInfo + `":{"name":"peer","version":"1"}`

// withTasks is the same of one that knows tasks.
const withTasks = `"` + mcp.MetaProtocolVersion + `":"2026-07-28","` + mcp.MetaClientCapabilities + `":{"extensions":{"` + extensionTasks + `":{}}}`

// start runs a server with the handshake done.
func start(t *testing.T, o Options) *peer {
	t.Helper()
	p := connect(t, o)
	if o.Era == "modern" {
		p.meta = modernMeta
		p.ask("server/discover", "{}")
		return p
	}
	p.ask("initialize", `{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"form":{}},"x":1e400},"clientInfo":{"name":"peer","version":"1","x":9007199254740993}}`)
	p.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	return p
}

// connect runs a server. At the end of the test it has to end with its stdin.
func connect(t *testing.T, o Options) *peer {
	t.Helper()
	fromPeer, in := io.Pipe()
	out, toPeer := io.Pipe()
	p := &peer{t: t, in: in, came: make(chan string, 10000)}
	ended := make(chan error, 1)
	go func() { ended <- Serve(fromPeer, toPeer, o); toPeer.Close() }()
	go func() { // ends with the server
		frames := jsonrpc.NewReader(out, 0)
		for {
			frame, err := frames.Next()
			if err != nil {
				close(p.came)
				return
			}
			p.came <- string(frame)
		}
	}()
	t.Cleanup(func() {
		in.Close()
		select {
		case err := <-ended:
			if err != io.EOF {
				t.Errorf("the server ended with %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the server did not end with its stdin")
		}
	})
	return p
}

func (p *peer) send(line string) {
	p.t.Helper()
	p.script.WriteString("> " + line + "\n")
	p.write(line)
}

func (p *peer) write(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// read waits for the next frame.
func (p *peer) read() string {
	p.t.Helper()
	select {
	case frame, ok := <-p.came:
		if !ok {
			p.t.Fatal("the server has ended")
		}
		p.script.WriteString("< " + frame + "\n")
		return frame
	case <-time.After(10 * time.Second):
		p.t.Fatalf("nothing comes after\n%s", &p.script)
	}
	panic("unreachable")
}

// request sends a request and returns its id.
func (p *peer) request(method, params string) (id string) {
	p.t.Helper()
	p.next++
	id = strconv.Itoa(p.next)
	p.script.WriteString("> " + id + " " + method + " " + params + "\n")
	if p.meta != "" {
		comma := ","
		if params == "{}" {
			comma = ""
		}
		params = `{"_meta":{` + p.meta + `}` + comma + params[1:]
	}
	p.write(`{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":` + params + `}`)
	return id
}

// answer reads up to the answer to id; before are the frames that came first.
func (p *peer) answer(id string) (answer string, before []string) {
	p.t.Helper()
	for {
		frame := p.read()
		m, err := jsonrpc.Scan([]byte(frame))
		if err != nil {
			p.t.Fatalf("%v: %s", err, frame)
		}
		if m.Kind() == jsonrpc.Response && string(m.ID.Of([]byte(frame))) == id {
			return frame, before
		}
		before = append(before, frame)
	}
}

func (p *peer) ask(method, params string) (answer string, before []string) {
	p.t.Helper()
	return p.answer(p.request(method, params))
}

func (p *peer) call(tool, arguments string) (answer string, before []string) {
	p.t.Helper()
	return p.ask("tools/call", toolCall(tool, arguments))
}

func toolCall(tool, arguments string) string {
	return `{"name":"` + tool + `","arguments":` + arguments + `}`
}

// member is a member of a frame, raw.
func member(frame string, path ...string) string {
	span, _ := jsonrpc.Find([]byte(frame), jsonrpc.Span{End: len(frame)}, path...)
	return string(span.Of([]byte(frame)))
}

// wants fails the test unless frame holds all of the texts.
func wants(t *testing.T, frame string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(frame, text) {
			t.Errorf("%s lacks %s", frame, text)
		}
	}
}

// is fails the test unless both are the same.
func is(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is\n%s\nwant\n%s", what, got, want)
	}
}

// quiet fails the test if anything came that nobody read. What the server was
// asked before has to be answered.
func (p *peer) quiet() {
	p.t.Helper()
	if _, before := p.ask("x/echo", "{}"); len(before) > 0 {
		p.t.Errorf("these came unasked: %q", before)
	}
}
