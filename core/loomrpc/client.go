package loomrpc

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Client asks loomd one thing after the other. It is for the command line; a
// session's connection carries more than answers.
type Client struct {
	conn   net.Conn
	frames *jsonrpc.Reader

	mu   sync.Mutex // one question at a time
	next int64
}

// NewClient uses conn, which Close closes.
func NewClient(conn net.Conn) *Client {
	return &Client{conn: conn, frames: jsonrpc.NewReader(conn, 0)}
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Hello opens the connection.
func (c *Client) Hello(ctx context.Context, h Hello) (HelloReply, error) {
	h.Protocol = Protocol
	var reply HelloReply
	err := c.Call(ctx, MethodHello, h, &reply)
	return reply, err
}

// Call sends a request and decodes its result into result, which may be nil.
// An error of loomd is a [*jsonrpc.Error]. When ctx ends the connection is of
// no more use.
func (c *Client) Call(ctx context.Context, method string, params, result any) error {
	raw, err := jsonrpc.Marshal(params)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", method, err)
	}
	reply, err := c.Raw(ctx, method, raw)
	if err != nil {
		return err
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(reply, result); err != nil {
		return fmt.Errorf("decoding the answer to %s: %w", method, err)
	}
	return nil
}

// Raw is [Client.Call] without encoding or decoding.
func (c *Client) Raw(ctx context.Context, method string, params []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	c.next++
	id := jsonrpc.ID(c.next)
	if _, err := c.conn.Write(append(jsonrpc.NewRequest(id, method, params), '\n')); err != nil {
		return nil, gone(ctx, method, err)
	}
	for {
		frame, err := c.frames.Next()
		if err != nil {
			return nil, gone(ctx, method, err)
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			return nil, fmt.Errorf("reading the answer to %s: %w", method, err)
		}
		if m.Kind() != jsonrpc.Response || string(m.ID.Of(frame)) != string(id) {
			continue // a notification, or the answer to a question that was given up
		}
		if m.Error.Present() {
			e := new(jsonrpc.Error)
			if err := json.Unmarshal(m.Error.Of(frame), e); err != nil {
				return nil, fmt.Errorf("decoding the error of %s: %w", method, err)
			}
			return nil, e
		}
		return m.Result.Of(frame), nil
	}
}

func gone(ctx context.Context, method string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("waiting for the answer to %s: %w", method, context.Cause(ctx))
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("loomd went away during %s: %w", method, err)
}
