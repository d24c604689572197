package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// client is an MCP client with as little of its own as can be: one goroutine
// that reads an answer and writes the next request.
type client struct {
	line string // for errors
	tool string // prefix of the tools' names
	in   io.Writer
	out  *jsonrpc.Reader
}

func newClient(line, tool string, in io.Writer, out io.Reader) *client {
	return &client{line: line, tool: tool, in: in, out: jsonrpc.NewReader(out, 0)}
}

func (c *client) send(frame []byte) error {
	_, err := c.in.Write(append(frame, '\n'))
	return err
}

// answer returns the id of the next response. Notifications are passed over.
func (c *client) answer() (id int, frame []byte, err error) {
	for {
		frame, err := c.out.Next()
		if err != nil {
			return 0, nil, fmt.Errorf("reading an answer (%s): %w", c.line, err)
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			return 0, nil, fmt.Errorf("reading an answer (%s): %w", c.line, err)
		}
		if m.Kind() != jsonrpc.Response {
			continue
		}
		if e := m.Error.Of(frame); e != nil {
			return 0, nil, fmt.Errorf("calling (%s): %s", c.line, e)
		}
		id, err := strconv.Atoi(string(m.ID.Of(frame)))
		return id, frame, err
	}
}

// open does the handshake and waits until the tools are listed.
func (c *client) open() error {
	params := `{"protocolVersion":"` + mcp.LatestLegacy + `","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}`
	if err := c.send(jsonrpc.NewRequest(jsonrpc.ID(0), mcp.Initialize, []byte(params))); err != nil {
		return err
	}
	if _, _, err := c.answer(); err != nil {
		return err
	}
	if err := c.send(jsonrpc.NewNotification(mcp.Initialized, nil)); err != nil {
		return err
	}
	if err := c.send(jsonrpc.NewRequest(jsonrpc.ID(0), mcp.ToolsList, nil)); err != nil {
		return err
	}
	_, _, err := c.answer()
	return err
}

// tools counts the tools that are listed.
func (c *client) tools() (int, error) {
	if err := c.send(jsonrpc.NewRequest(jsonrpc.ID(0), mcp.ToolsList, nil)); err != nil {
		return 0, err
	}
	_, frame, err := c.answer()
	return bytes.Count(frame, []byte(`"inputSchema"`)), err
}

func (c *client) callFrame(id int, tool, arguments string) []byte {
	return jsonrpc.NewRequest(jsonrpc.ID(int64(id)), mcp.ToolsCall, []byte(`{"name":"`+c.tool+tool+`","arguments":`+arguments+`}`))
}

// The small call: about 150 bytes of request and 300 of result.
const smallArguments = `{"query":"sum by (job) (rate(http_requests_total[5m]))","limit":20}`

// load keeps inFlight small calls under way until the time is over, then takes
// the answers that are missing. It returns how long each call took.
func (c *client) load(ctx context.Context, inFlight int, slice time.Duration) ([]time.Duration, error) {
	sent := make([]time.Time, inFlight) // by id
	for id := range sent {
		sent[id] = time.Now()
		if err := c.send(c.callFrame(id, "echo", smallArguments)); err != nil {
			return nil, err
		}
	}
	var took []time.Duration
	end := time.Now().Add(slice)
	for under := inFlight; under > 0; {
		id, _, err := c.answer()
		if err != nil {
			return nil, err
		}
		if id < 0 || id >= inFlight || sent[id].IsZero() {
			return nil, fmt.Errorf("an answer to nothing that was asked (%s): id %d", c.line, id)
		}
		now := time.Now()
		took = append(took, now.Sub(sent[id]))
		if now.After(end) || ctx.Err() != nil {
			sent[id] = time.Time{}
			under--
			continue
		}
		sent[id] = now
		if err := c.send(c.callFrame(id, "echo", smallArguments)); err != nil {
			return nil, err
		}
	}
	return took, ctx.Err()
}

// bigBytes is the size of the text in the big result.
const bigBytes = 8 << 20

// big calls for the big result once.
func (c *client) big() (time.Duration, error) {
	start := time.Now()
	if err := c.send(c.callFrame(1, "big", `{"bytes":`+strconv.Itoa(bigBytes)+`}`)); err != nil {
		return 0, err
	}
	_, frame, err := c.answer()
	if err == nil && len(frame) < bigBytes {
		err = errors.New("the big result was cut (" + c.line + ")")
	}
	return time.Since(start), err
}
