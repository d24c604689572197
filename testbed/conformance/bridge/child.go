package bridge

import (
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// child is one process that speaks MCP on its stdio.
type child struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone and all is read
	loose *queue        // what belongs to no request

	writing sync.Mutex // held for one frame
	stdin   io.WriteCloser

	mu   sync.Mutex
	last int64
	open map[string]*request // by the id on the pipe, raw
	gone bool
}

// request is a request of a client until it is answered.
type request struct {
	id     []byte // as the client wrote it
	own    []byte // on the pipe
	method string
	token  string // of progress, raw; empty if it wants none
	frames *queue // what belongs to it, the answer last
}

// grace is how long a child may take to end once its stdin is closed.
const grace = 5 * time.Second

func startChild(cmd *exec.Cmd) (*child, error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	c := &child{cmd: cmd, stdin: stdin, ended: make(chan struct{}), loose: newQueue(), open: map[string]*request{}}
	go func() { // ends with the process; stop waits for it
		c.read(stdout)
		cmd.Wait() // how it ended is seen in what it did not answer
		close(c.ended)
	}()
	return c, nil
}

// stop closes stdin, as a client does that has ended, and waits.
func (c *child) stop() {
	c.writing.Lock()
	c.stdin.Close()
	c.writing.Unlock()
	select {
	case <-c.ended:
	case <-time.After(grace):
		c.cmd.Process.Kill()
		<-c.ended
	}
}

// write sends a frame. An error is no matter: the end of stdout answers what is open.
func (c *child) write(frame []byte) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.stdin.Write(append(frame, '\n'))
}

// ask sends a request under an id of the bridge's own.
func (c *child) ask(frame []byte, m jsonrpc.Message) *request {
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	token, _ := jsonrpc.Find(frame, m.Params, "_meta", "progressToken")
	r := &request{id: m.ID.Of(frame), method: method, token: string(token.Of(frame)), frames: newQueue()}
	c.mu.Lock()
	c.last++
	r.own = jsonrpc.Quote("bridge-" + strconv.FormatInt(c.last, 10)) // a string: never an id that the child gives
	gone := c.gone
	if !gone {
		c.open[string(r.own)] = r
	}
	c.mu.Unlock()
	if gone {
		r.lost()
		return r
	}
	c.write(jsonrpc.Splice(nil, frame, jsonrpc.Edit{Span: m.ID, With: r.own}))
	return r
}

// tell sends a notification or an answer of the client. A cancel names its
// request by the id on the pipe.
func (c *child) tell(frame []byte, m jsonrpc.Message) {
	if method, _ := jsonrpc.Text(m.Method.Of(frame)); method == mcp.Cancelled {
		if target, ok := jsonrpc.Find(frame, m.Params, "requestId"); ok {
			c.mu.Lock()
			for _, r := range c.open {
				if string(r.id) == string(target.Of(frame)) {
					frame = jsonrpc.Splice(nil, frame, jsonrpc.Edit{Span: target, With: r.own})
					break
				}
			}
			c.mu.Unlock()
		}
	}
	c.write(frame)
}

// drop takes a request back whose client is gone.
func (c *child) drop(r *request) {
	c.mu.Lock()
	delete(c.open, string(r.own))
	c.mu.Unlock()
	c.write(jsonrpc.NewNotification(mcp.Cancelled, []byte(`{"requestId":`+string(r.own)+`}`)))
}

func (c *child) read(stdout io.Reader) {
	frames := jsonrpc.NewReader(stdout, 0)
	for {
		frame, err := frames.Next()
		if err != nil {
			break
		}
		if m, err := jsonrpc.Scan(frame); err == nil {
			c.route(frame, m)
		}
	}
	c.mu.Lock()
	c.gone = true
	open := c.open
	c.open = nil
	c.mu.Unlock()
	for _, r := range open {
		r.lost()
	}
}

// route hands a message of the child to the request that it belongs to.
func (c *child) route(frame []byte, m jsonrpc.Message) {
	c.mu.Lock()
	r, at := c.owner(frame, m)
	if r != nil && m.Kind() == jsonrpc.Response {
		delete(c.open, string(r.own))
	}
	c.mu.Unlock()
	switch {
	case r != nil && at.Present():
		frame = jsonrpc.Splice(nil, frame, jsonrpc.Edit{Span: at, With: r.id})
		r.frames.push(r.restore(frame))
	case r != nil:
		r.frames.push(frame)
	case m.Kind() != jsonrpc.Response: // that of a request which was dropped
		c.loose.push(frame)
	}
}

// restore puts the client's id also where the answer to a listen repeats it.
func (r *request) restore(frame []byte) []byte {
	m, _ := jsonrpc.Scan(frame) // one id was replaced by another
	if at, ok := jsonrpc.Find(frame, m.Result, "_meta", mcp.MetaSubscriptionID); ok && string(at.Of(frame)) == string(r.own) {
		return jsonrpc.Splice(nil, frame, jsonrpc.Edit{Span: at, With: r.id})
	}
	return frame
}

// owner finds the request of a message, and the id of the pipe's in it.
func (c *child) owner(frame []byte, m jsonrpc.Message) (*request, jsonrpc.Span) {
	if m.Kind() == jsonrpc.Response {
		return c.open[string(m.ID.Of(frame))], m.ID
	}
	for _, path := range [][]string{{"_meta", mcp.MetaSubscriptionID}, {"requestId"}} {
		if at, ok := jsonrpc.Find(frame, m.Params, path...); ok {
			if r := c.open[string(at.Of(frame))]; r != nil {
				return r, at
			}
		}
	}
	token, ok := jsonrpc.Find(frame, m.Params, "progressToken")
	var only *request
	calls := 0
	for _, r := range c.open {
		switch {
		case ok && r.token == string(token.Of(frame)):
			return r, jsonrpc.Span{}
		case r.method != mcp.Listen: // it takes what names it, and nothing else
			only = r
			calls++
		}
	}
	if ok || calls != 1 {
		only = nil
	}
	return only, jsonrpc.Span{}
}

// lost answers a request whose child has ended.
func (r *request) lost() {
	r.frames.push(jsonrpc.NewError(r.id, jsonrpc.Errorf(jsonrpc.CodeInternal, "the process behind the bridge has ended")))
}
