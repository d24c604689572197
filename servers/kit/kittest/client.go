// Package kittest is what the tests of every mcp-* server share: a client that
// speaks to a server over the real serve loop, transcripts, and the contract
// that all tools keep.
package kittest

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/serve"
	"github.com/mark3labs/mcp-go/mcp"
)

// Client is a client of one server. Its methods may be called concurrently,
// from the goroutine of the test only where they fail it.
type Client struct {
	t  testing.TB
	in io.WriteCloser

	mu      sync.Mutex
	last    int64
	waiting map[string]chan message // by id
}

type message struct {
	Method string
	Result json.RawMessage
	Error  *jsonrpc.Error
}

// Connect serves s over pipes until the test ends and does the handshake.
func Connect(t testing.TB, s *kit.Server) *Client {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	c := &Client{t: t, in: inW, waiting: make(map[string]chan message)}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := serve.Serve(ctx, s.MCP(), inR, outW, serve.Options{}); err != nil && ctx.Err() == nil {
			t.Errorf("serving: %v", err)
		}
		outW.Close()
	})
	wg.Go(func() { c.read(outR) })
	t.Cleanup(func() { inW.Close(); cancel(); wg.Wait() })

	c.Do("initialize", map[string]any{
		"protocolVersion": mcp.LATEST_LEGACY_PROTOCOL_VERSION,
		"capabilities":    map[string]any{},
		"clientInfo":      map[string]any{"name": "kittest", "version": "1"},
	})
	c.send(jsonrpc.NewNotification("notifications/initialized", nil))
	return c
}

// read hands the answers to those who wait. What is no JSON-RPC fails the
// test: stdout carries nothing else.
func (c *Client) read(out io.Reader) {
	r := jsonrpc.NewReader(out, 0)
	for {
		frame, err := r.Next()
		if err != nil {
			return
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil || m.Kind() == jsonrpc.Invalid {
			c.t.Errorf("the server wrote %.200q, which is no JSON-RPC: %v", frame, err)
			continue
		}
		if m.Kind() != jsonrpc.Response {
			continue
		}
		var answer message
		if err := json.Unmarshal(frame, &answer); err != nil {
			c.t.Errorf("decoding %.200q: %v", frame, err)
		}
		c.mu.Lock()
		ch := c.waiting[string(m.ID.Of(frame))]
		delete(c.waiting, string(m.ID.Of(frame)))
		c.mu.Unlock()
		if ch == nil {
			c.t.Errorf("an answer that nobody waits for: %.200q", frame)
			continue
		}
		ch <- answer
	}
}

func (c *Client) send(frame []byte) {
	if _, err := c.in.Write(append(frame, '\n')); err != nil {
		c.t.Errorf("writing to the server: %v", err)
	}
}

// Do sends a request and returns its result. A JSON-RPC error fails the test.
func (c *Client) Do(method string, params any) json.RawMessage {
	c.t.Helper()
	result, e := c.Try(method, params)
	if e != nil {
		c.t.Fatalf("%s: error %d: %s", method, e.Code, e.Message)
	}
	return result
}

// Try sends a request and returns its result or its JSON-RPC error.
func (c *Client) Try(method string, params any) (json.RawMessage, *jsonrpc.Error) {
	c.t.Helper()
	answer := <-c.begin(method, params).answer
	return answer.Result, answer.Error
}

// Begun is a request that may not be answered yet.
type Begun struct {
	c      *Client
	id     []byte
	answer chan message // holds the answer until somebody takes it
}

// Begin calls a tool and does not wait.
func (c *Client) Begin(tool string, args any) *Begun {
	c.t.Helper()
	if args == nil {
		args = map[string]any{}
	}
	return c.begin("tools/call", map[string]any{"name": tool, "arguments": args})
}

// Cancel tells the server that nobody wants the answer.
func (b *Begun) Cancel() {
	b.c.send(jsonrpc.NewNotification("notifications/cancelled", []byte(`{"requestId":`+string(b.id)+`}`)))
}

// Done reports whether the answer has come.
func (b *Begun) Done() bool { return len(b.answer) > 0 }

func (c *Client) begin(method string, params any) *Begun {
	c.t.Helper()
	raw, err := json.Marshal(params)
	if err != nil {
		c.t.Fatal(err)
	}
	ch := make(chan message, 1)
	c.mu.Lock()
	c.last++
	id := jsonrpc.ID(c.last)
	c.waiting[string(id)] = ch
	c.mu.Unlock()
	c.send(jsonrpc.NewRequest(id, method, raw))
	return &Begun{c: c, id: id, answer: ch}
}

// Tools are the names that tools/list has, sorted.
func (c *Client) Tools() []string {
	c.t.Helper()
	var list struct{ Tools []struct{ Name string } }
	if err := json.Unmarshal(c.Do("tools/list", map[string]any{}), &list); err != nil {
		c.t.Fatal(err)
	}
	names := make([]string, len(list.Tools))
	for i, tool := range list.Tools {
		names[i] = tool.Name
	}
	return names
}

// Call calls a tool. A result with isError is returned like any other.
func (c *Client) Call(tool string, args any) *mcp.CallToolResult {
	c.t.Helper()
	if args == nil {
		args = map[string]any{}
	}
	var result mcp.CallToolResult
	if err := json.Unmarshal(c.Do("tools/call", map[string]any{"name": tool, "arguments": args}), &result); err != nil {
		c.t.Fatalf("decoding the result of %s: %v", tool, err)
	}
	return &result
}

// Text is all text of a result.
func Text(r *mcp.CallToolResult) string {
	var parts []string
	for _, content := range r.Content {
		if text, ok := content.(mcp.TextContent); ok {
			parts = append(parts, text.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// MustText calls a tool that must succeed and returns its text.
func (c *Client) MustText(tool string, args any) string {
	c.t.Helper()
	r := c.Call(tool, args)
	if r.IsError {
		c.t.Fatalf("%s: %s", tool, Text(r))
	}
	return Text(r)
}

// MustStruct calls a tool of class R that must succeed and decodes its
// structured content into v.
func (c *Client) MustStruct(tool string, args, v any) {
	c.t.Helper()
	r := c.Call(tool, args)
	if r.IsError {
		c.t.Fatalf("%s: %s", tool, Text(r))
	}
	if err := json.Unmarshal(r.RawStructuredContent, v); err != nil {
		c.t.Fatalf("decoding the structured content of %s: %v", tool, err)
	}
}

// MustFail calls a tool that must fail with code and returns its text.
func (c *Client) MustFail(tool string, args any, code kit.Code) string {
	c.t.Helper()
	r := c.Call(tool, args)
	text := Text(r)
	if !r.IsError || !strings.HasPrefix(text, "ERROR "+string(code)+": ") {
		c.t.Errorf("%s: isError %v, %.400s\nwant an error %s", tool, r.IsError, text, code)
	}
	if r.RawStructuredContent != nil {
		c.t.Errorf("%s: an error with structured content", tool)
	}
	return text
}
