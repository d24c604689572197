package testbed

import (
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Client is a scripted MCP client at the stdio of a process. It sends what it
// is told to, byte by byte, keeps everything that comes, and holds the other
// side to the rules on its own: each request is answered at most once, nothing
// is answered that was not asked, and stdout carries nothing but messages.
type Client struct {
	t      T
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	errOut tail
	reader sync.WaitGroup
	ended  chan struct{} // closed when the process is gone and all is read

	persona   ClientOptions  // what it says of itself
	answering sync.WaitGroup // the runs of persona.OnRequest

	mu       sync.Mutex
	next     int
	open     map[string]int  // requests without an answer, by raw id
	dropped  map[string]bool // cancelled: there must be no answer
	late     map[string]bool // cancelled: there may be one
	asked    map[string]bool // requests of the other side that wait for an answer, by raw id
	unread   []Frame         // what no Wait has taken yet
	arrived  chan struct{}   // closed and made anew when something comes
	exit     error
	isClosed bool
}

// ClientOptions say how `loom proxy` is started, and who the client says it is.
// The zero value will do: a client of the legacy era that can nothing.
type ClientOptions struct {
	Dir  string   // working directory; the home directory if empty
	Args []string // after `loom proxy`
	Env  []string // more variables, of the shell that the client runs in

	Era          string // "modern": server/discover, no initialize, and _meta in every request
	Version      string // asked for in initialize; 2025-06-18 if empty
	Capabilities string // raw; {} if empty
	Info         string // clientInfo, raw; that of the testbed if empty

	// OnRequest answers a request of the other side, with a raw result or else
	// a raw error. It runs beside the test. With neither the test has to take
	// the request ([Client.Wait]) and answer it ([Client.AnswerRequest]). A
	// request fails the test if OnRequest is nil.
	OnRequest func(Frame) (result, failure string)

	// OnFrame, if set, is given every message but requests, as it comes and on
	// the reader. What it takes, no Wait will find: for a test with more messages
	// than it wants to keep.
	OnFrame func(Frame) (taken bool)
}

// ByHand is an OnRequest that leaves every request to the test.
func ByHand(Frame) (result, failure string) { return "", "" }

// Client starts `loom proxy` as an MCP client would.
func (w *World) Client(opts ClientOptions) *Client {
	w.t.Helper()
	cmd := w.Proxy(opts.Args...)
	cmd.Env = append(cmd.Env, opts.Env...)
	if opts.Dir != "" {
		cmd.Dir = opts.Dir
	}
	return startClient(w.t, "loom proxy", cmd, opts)
}

// Proxy is `loom proxy` as a client in the home directory would start it, for a
// client that is none of ours.
func (w *World) Proxy(args ...string) *exec.Cmd {
	cmd := exec.Command(w.opts.Loom, append([]string{"proxy"}, args...)...)
	cmd.Env, cmd.Dir = w.Environ(), w.Home
	return cmd
}

// Connect is [World.Client] with the handshake done.
func (w *World) Connect(opts ClientOptions) *Client {
	w.t.Helper()
	c := w.Client(opts)
	c.Initialize()
	return c
}

// Direct connects the same client straight to a server, with the handshake done:
// what a test does through Loom it can do here too, and compare. The command may
// hold what [World.Expand] knows; the Args of opts are not used.
func (w *World) Direct(opts ClientOptions, command ...string) *Client {
	w.t.Helper()
	for i, word := range command {
		command[i] = w.Expand(word)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Dir = append(w.Environ(), opts.Env...), opts.Dir
	if cmd.Dir == "" {
		cmd.Dir = w.Home
	}
	c := startClient(w.t, command[0]+", directly", cmd, opts)
	c.Initialize()
	return c
}

// StartClient starts any MCP server as a client's child: for comparing Loom
// with a direct connection.
func StartClient(t T, name string, cmd *exec.Cmd) *Client {
	t.Helper()
	return startClient(t, name, cmd, ClientOptions{})
}

func startClient(t T, name string, cmd *exec.Cmd, persona ClientOptions) *Client {
	t.Helper()
	c := &Client{
		t: t, name: name, cmd: cmd, persona: persona.filled(),
		open: map[string]int{}, dropped: map[string]bool{}, late: map[string]bool{}, asked: map[string]bool{}, arrived: make(chan struct{}), ended: make(chan struct{}),
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	c.stdin, cmd.Stderr = stdin, &c.errOut
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	c.reader.Go(func() { c.read(stdout) })
	go func() { // ends with the process; Close waits for it
		c.reader.Wait() // Wait closes the pipe, so everything has to be read before
		c.exit = cmd.Wait()
		close(c.ended)
	}()
	t.Cleanup(func() {
		c.Close()
		if text := c.errOut.String(); t.Failed() && text != "" {
			t.Logf("%s wrote to stderr:\n%s", name, text)
		}
	})
	return c
}

// PID is the process id of the proxy.
func (c *Client) PID() int { return c.cmd.Process.Pid }

// Stderr is what the proxy wrote there so far.
func (c *Client) Stderr() string { return c.errOut.String() }

// Send sends one line as it is. A request in it is expected to be answered.
func (c *Client) Send(line string) {
	c.t.Helper()
	if m, err := jsonrpc.Scan([]byte(line)); err == nil && m.Kind() == jsonrpc.Request {
		c.Expect(string(m.ID.Of([]byte(line))))
	}
	if _, err := io.WriteString(c.stdin, line+"\n"); err != nil && !c.closed() {
		c.t.Fatalf("writing to %s: %v\n%s", c.name, err, c.Stderr())
	}
}

// Stdin is for what is no line, or too long to be held in memory. A request
// that is written there has to be announced with Expect.
func (c *Client) Stdin() io.Writer { return c.stdin }

// Expect says that an answer with that raw id will come.
func (c *Client) Expect(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[id]++
}

// Request sends a request with raw params and returns its id. It does not wait.
// A client of the modern era adds to _meta what the era asks for, and is not there.
func (c *Client) Request(method, params string) (id string) {
	c.t.Helper()
	c.mu.Lock()
	c.next++
	id = strconv.Itoa(c.next)
	if c.modern() {
		params = withMeta(params, c.meta())
	}
	c.mu.Unlock()
	if params != "" {
		params = `,"params":` + params
	}
	c.Send(`{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `"` + params + `}`)
	return id
}

// Notify sends a notification with raw params.
func (c *Client) Notify(method, params string) {
	c.t.Helper()
	if params != "" {
		params = `,"params":` + params
	}
	c.Send(`{"jsonrpc":"2.0","method":"` + method + `"` + params + `}`)
}

// Ask sends a request and waits for the answer, be it a result or an error.
func (c *Client) Ask(method, params string) Frame {
	c.t.Helper()
	return c.Answer(c.Request(method, params))
}

// Initialize opens the session and returns the answer. In the modern era there
// is none to open, and it asks who is there.
func (c *Client) Initialize() Frame {
	c.t.Helper()
	if c.modern() {
		f := c.Ask(mcp.Discover, "")
		if f.Err() != nil {
			c.t.Fatalf("server/discover: %s", f)
		}
		return f
	}
	f := c.Ask(mcp.Initialize, `{"protocolVersion":`+string(jsonrpc.Quote(c.persona.Version))+`,"capabilities":`+c.persona.Capabilities+`,"clientInfo":`+c.persona.Info+`}`)
	if f.Err() != nil {
		c.t.Fatalf("initialize: %s", f)
	}
	c.Notify(mcp.Initialized, "")
	return f
}

// Begin sends a call with raw arguments and returns its id.
func (c *Client) Begin(tool, arguments string) (id string) {
	c.t.Helper()
	return c.Request(mcp.ToolsCall, `{"name":`+string(jsonrpc.Quote(tool))+`,"arguments":`+arguments+`}`)
}

// Call calls a tool and waits for the answer.
func (c *Client) Call(tool, arguments string) Frame {
	c.t.Helper()
	return c.Answer(c.Begin(tool, arguments))
}

// MustCall calls a tool, which must succeed, and returns its text.
func (c *Client) MustCall(tool, arguments string) string {
	c.t.Helper()
	f := c.Call(tool, arguments)
	if f.Err() != nil || f.IsError() {
		c.t.Fatalf("calling %s %s: %s", tool, arguments, f)
	}
	return f.Text()
}

// Cancel takes a request back. An answer to it would be a fault.
func (c *Client) Cancel(id string) {
	c.t.Helper()
	c.mu.Lock()
	delete(c.open, id)
	c.dropped[id] = true
	c.mu.Unlock()
	c.Notify(mcp.Cancelled, `{"requestId":`+id+`,"reason":"the test says so"}`)
}

// CancelLate is Cancel at a moment when an answer may be on its way already: one
// is no fault.
func (c *Client) CancelLate(id string) {
	c.t.Helper()
	c.mu.Lock()
	if c.open[id] > 0 { // else it has come
		delete(c.open, id)
		c.late[id] = true
	}
	c.mu.Unlock()
	c.Notify(mcp.Cancelled, `{"requestId":`+id+`,"reason":"the test says so"}`)
}

// Close closes stdin, as a client does that has ended, and waits for the end.
func (c *Client) Close() {
	c.t.Helper()
	c.mu.Lock()
	again := c.isClosed
	c.isClosed = true
	c.mu.Unlock()
	if again {
		return
	}
	c.stdin.Close()
	select {
	case <-c.ended:
	case <-time.After(Patience):
		c.cmd.Process.Kill()
		<-c.ended
		c.t.Errorf("%s did not end when its stdin was closed", c.name)
		return
	}
	c.answering.Wait()
	if c.exit != nil {
		c.t.Errorf("%s ended with %v:\n%s", c.name, c.exit, c.Stderr())
	}
}

// Kill ends the proxy as a crash would, and waits for the end.
func (c *Client) Kill() {
	c.t.Helper()
	c.End(syscall.SIGKILL)
}

// End ends the proxy by a signal, and waits for the end.
func (c *Client) End(signal syscall.Signal) {
	c.t.Helper()
	c.mu.Lock()
	c.isClosed = true
	c.mu.Unlock()
	if err := c.cmd.Process.Signal(signal); err != nil {
		c.t.Fatalf("sending %s to %s: %v", signal, c.name, err)
	}
	select {
	case <-c.ended:
	case <-time.After(Patience):
		c.cmd.Process.Kill()
		<-c.ended
		c.t.Errorf("%s did not end at %s", c.name, signal)
	}
	c.answering.Wait()
}

// Ended is closed when the process is gone and all that it wrote was read.
func (c *Client) Ended() <-chan struct{} { return c.ended }

// closed reports whether the test itself has ended the client.
func (c *Client) closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isClosed
}

func (c *Client) String() string { return fmt.Sprintf("%s (pid %d)", c.name, c.PID()) }
