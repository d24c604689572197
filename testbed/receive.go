package testbed

import (
	"io"
	"slices"
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// read takes everything that comes until the end of stdout.
func (c *Client) read(stdout io.Reader) {
	frames := jsonrpc.NewReader(stdout, 128<<20)
	for {
		raw, err := frames.Next()
		if err != nil {
			c.announce(nil)
			return
		}
		f := Frame{Raw: raw, At: time.Now()}
		if f.msg, err = jsonrpc.Scan(raw); err != nil {
			c.t.Errorf("%s wrote what is no message (%v): %s", c.name, err, f)
			continue
		}
		switch {
		case f.msg.Kind() == jsonrpc.Response && f.ID() != "null":
			c.settle(f)
		case f.msg.Kind() == jsonrpc.Request:
			if c.receive(f) {
				continue
			}
		case f.Method() == mcp.Cancelled:
			c.withdraw(f)
		}
		if c.persona.OnFrame == nil || !c.persona.OnFrame(f) {
			c.announce(&f)
		}
	}
}

// settle holds an answer against what was asked.
func (c *Client) settle(f Frame) {
	id := f.ID()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.late[id]:
		delete(c.late, id)
	case c.dropped[id]:
		c.t.Errorf("%s answered %s, which was cancelled: %s", c.name, id, f)
	case c.open[id] == 0:
		c.t.Errorf("%s answered %s, which nobody asked or which was answered before: %s", c.name, id, f)
	case c.modern() && f.msg.Result.Present() && f.Find("resultType") == "":
		c.t.Errorf("%s answered %s without a resultType: %s", c.name, id, f)
		fallthrough
	default:
		if c.open[id]--; c.open[id] == 0 {
			delete(c.open, id)
		}
	}
}

func (c *Client) announce(f *Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f != nil {
		c.unread = append(c.unread, *f)
	}
	close(c.arrived)
	c.arrived = make(chan struct{})
}

// Wait waits for a message that is the one, takes it and returns it. Others
// stay for later. It looks at what has come already first.
func (c *Client) Wait(what string, is func(Frame) bool) Frame {
	c.t.Helper()
	give := time.After(Patience)
	for ended := false; ; {
		c.mu.Lock()
		i := slices.IndexFunc(c.unread, is)
		arrived := c.arrived
		if i >= 0 {
			f := c.unread[i]
			c.unread = slices.Delete(c.unread, i, i+1)
			c.mu.Unlock()
			return f
		}
		c.mu.Unlock()
		if ended {
			c.t.Fatalf("%s ended (%v) without %s\n%s", c.name, c.exit, what, c.Stderr())
		}
		select {
		case <-arrived:
		case <-c.ended:
			ended = true // one more look
		case <-give:
			c.t.Fatalf("waited %s in vain for %s from %s; unread: %v\n%s", Patience, what, c.name, c.Unread(), c.Stderr())
		}
	}
}

// Answer waits for the response to a request.
func (c *Client) Answer(id string) Frame {
	c.t.Helper()
	return c.Wait("the answer to "+id, func(f Frame) bool { return f.msg.Kind() == jsonrpc.Response && f.ID() == id })
}

// Notification waits for a notification with that method.
func (c *Client) Notification(method string) Frame {
	c.t.Helper()
	return c.Wait(method, func(f Frame) bool { return f.msg.Kind() == jsonrpc.Notification && f.Method() == method })
}

// Forget drops the notifications of that method that came so far.
func (c *Client) Forget(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unread = slices.DeleteFunc(c.unread, func(f Frame) bool { return f.Method() == method })
}

// Unread are the messages that no Wait has taken.
func (c *Client) Unread() []Frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.unread)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - 64<<10; over > 0 {
		t.text = slices.Delete(t.text, 0, over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
