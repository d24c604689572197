package testbed

import (
	"io"

	"github.com/loom-core/loom/core/jsonrpc"
)

// receive takes a request of the other side. It reports whether somebody else
// than the test answers it.
func (c *Client) receive(f Frame) (answered bool) {
	id := f.ID()
	c.mu.Lock()
	again := c.asked[id]
	c.asked[id] = true
	c.mu.Unlock()
	switch {
	case again:
		c.t.Errorf("%s asked under the id %s, under which a request is open: %s", c.name, id, f)
	case c.modern():
		c.t.Errorf("%s asked, which the modern era does not have: %s", c.name, f)
	case c.persona.OnRequest == nil:
		c.t.Errorf("%s asked, which nobody expected: %s", c.name, f)
		c.reply(id, `"error":{"code":-32601,"message":"the test expected no request"}`)
		return true
	}
	if c.persona.OnRequest == nil {
		return false
	}
	c.answering.Go(func() {
		result, failure := c.persona.OnRequest(f)
		switch {
		case failure != "":
			c.reply(id, `"error":`+failure)
		case result != "":
			c.reply(id, `"result":`+result)
		default:
			c.announce(&f)
		}
	})
	return true
}

// withdraw notes that the other side took back a request of its own, which then
// must not be answered.
func (c *Client) withdraw(f Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.asked, f.Find("requestId"))
}

// reply answers a request of the other side, unless it was taken back. It
// reports whether it was there to be answered. An error of the pipe is no matter:
// whoever reads finds the end.
func (c *Client) reply(id, member string) bool {
	c.mu.Lock()
	open := c.asked[id]
	delete(c.asked, id)
	c.mu.Unlock()
	if open {
		io.WriteString(c.stdin, `{"jsonrpc":"2.0","id":`+id+`,`+member+"}\n")
	}
	return open
}

// Asked waits for a request of the other side with that method, one that
// OnRequest left to the test.
func (c *Client) Asked(method string) Frame {
	c.t.Helper()
	return c.Wait("the request "+method, func(f Frame) bool { return f.msg.Kind() == jsonrpc.Request && f.Method() == method })
}

// AnswerRequest answers a request of the other side with a raw result.
func (c *Client) AnswerRequest(f Frame, result string) {
	c.t.Helper()
	if !c.reply(f.ID(), `"result":`+result) {
		c.t.Errorf("the test answered %s, which was answered before or taken back", f)
	}
}

// RefuseRequest answers it with a raw error.
func (c *Client) RefuseRequest(f Frame, failure string) {
	c.t.Helper()
	if !c.reply(f.ID(), `"error":`+failure) {
		c.t.Errorf("the test refused %s, which was answered before or taken back", f)
	}
}
