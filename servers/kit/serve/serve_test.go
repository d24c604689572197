package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// lines collects what a server wrote. Its Write never waits.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// take returns what was written since the last take.
func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSuffix(l.buf.String(), "\n")
	l.buf.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// dial serves srv in the bubble of synctest. say writes one line and returns
// what the server had to say to it once nothing moves any more.
func dial(t *testing.T, srv *server.MCPServer, opts Options) (say func(string) []string, hangUp func() error) {
	t.Helper()
	inR, inW := io.Pipe()
	out := new(lines)
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() { done <- Serve(ctx, srv, inR, out, opts) }()
	say = func(line string) []string {
		if line != "" {
			if _, err := io.WriteString(inW, line+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		return out.take()
	}
	return say, func() error { inW.Close(); return <-done }
}

func toolCall(id, tool, args string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"%s","arguments":%s}}`, id, tool, args)
}

func TestProgressNeverComesAfterItsResponse(t *testing.T) {
	srv := testServer(nil)
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- Serve(context.Background(), srv, inR, outW, Options{}); outW.Close() }()
	go func() {
		fmt.Fprintln(inW, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
		for id := 2; id < 12; id++ { // ten calls at once, 1000 notifications together
			fmt.Fprintf(inW, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"count","arguments":{"n":100},"_meta":{"progressToken":%d}}}`+"\n", id, id)
		}
		inW.Close()
	}()
	seen, responses := map[int]int{}, 0
	late := 0
	answered := map[int]bool{}
	for s := bufio.NewScanner(outR); s.Scan(); {
		var m struct {
			ID     int
			Method string
			Params struct{ ProgressToken int }
		}
		if err := json.Unmarshal(s.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		switch {
		case m.Method == "notifications/progress":
			seen[m.Params.ProgressToken]++
			if answered[m.Params.ProgressToken] {
				late++
			}
		case m.ID > 1:
			answered[m.ID] = true
			responses++
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range seen {
		total += n
	}
	if responses != 10 || total != 1000 || late != 0 {
		t.Errorf("%d responses, %d notifications, %d late; want 10, 1000, 0", responses, total, late)
	}
}

func TestCancelledCallGetsNoResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		say, hangUp := dial(t, testServer(ended), Options{})
		if got := say(toolCall(`"a"`, "wait", `{}`)); got != nil {
			t.Fatalf("got %q before the cancel", got)
		}
		start := time.Now()
		if got := say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a","reason":"x"}}`); got != nil {
			t.Errorf("after the cancel the server said %q", got)
		}
		if err := <-ended; !errors.Is(err, context.Canceled) || time.Since(start) > 0 {
			t.Errorf("the handler ended with %v after %v", err, time.Since(start))
		}
		// The id is free again.
		if got := say(toolCall(`"a"`, "echo", `{"text":"x"}`)); len(got) != 1 || !strings.Contains(got[0], `"id":"a"`) {
			t.Errorf("the id used again: %q", got)
		}
		if err := hangUp(); err != nil {
			t.Error(err)
		}
	})
}

// gate lets nothing through until it is opened.
type gate struct {
	open chan struct{}
	lines
}

func (g *gate) Write(p []byte) (int, error) { <-g.open; return g.lines.Write(p) }

// What waits behind a slow reader when the cancel comes is not sent either.
func TestQueuedMessagesOfACancelledCallAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		inR, inW := io.Pipe()
		done := make(chan error, 1)
		go func() { done <- Serve(context.Background(), testServer(nil), inR, out, Options{}) }()
		fmt.Fprintln(inW, `{"jsonrpc":"2.0","id":1,"method":"ping"}`)
		synctest.Wait() // the writer stands at the gate
		fmt.Fprintln(inW, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"count","arguments":{"n":10},"_meta":{"progressToken":"p"}}}`)
		synctest.Wait() // progress and answer wait behind it
		fmt.Fprintln(inW, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}`)
		synctest.Wait()
		close(out.open)
		inW.Close()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := out.take(); len(got) != 1 || !strings.Contains(got[0], `"id":1,`) {
			t.Errorf("after the cancel the server said %q", got)
		}
	})
}

func TestBusyServerAnswersPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		say, hangUp := dial(t, testServer(nil), Options{Concurrency: 2, Queue: 1, Drain: time.Second})
		for _, id := range []string{"1", "2", "3"} {
			if got := say(toolCall(id, "wait", `{}`)); got != nil {
				t.Fatalf("call %s: %q", id, got)
			}
		}
		if got := say(toolCall("4", "wait", `{}`)); len(got) != 1 || !strings.Contains(got[0], "busy: 3 calls") {
			t.Errorf("the fourth call: %q", got)
		}
		for _, method := range []string{"ping", "tools/list"} {
			if got := say(`{"jsonrpc":"2.0","id":9,"method":"` + method + `"}`); len(got) != 1 || !strings.Contains(got[0], `"result"`) {
				t.Errorf("%s: %q", method, got)
			}
		}
		// A call that never got a slot can be cancelled too.
		if got := say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}`); got != nil {
			t.Errorf("after the cancel: %q", got)
		}
		start := time.Now()
		if err := hangUp(); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("draining took %v, want the limit of 1s", took)
		}
	})
}

func TestTooLargeFrameFailsOnlyItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		say, hangUp := dial(t, testServer(nil), Options{MaxFrame: 200})
		filler := strings.Repeat("x", 300)
		for _, tc := range []struct{ name, frame, want string }{
			{"request", toolCall("7", "echo", `{"text":"`+filler+`"}`), `{"jsonrpc":"2.0","id":7,"error":{"code":-32600,"message":"frame of`},
			{"notification", `{"jsonrpc":"2.0","method":"x","params":"` + filler + `"}`, ""},
			{"no JSON", filler, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600`},
			{"answer to nobody", `{"jsonrpc":"2.0","id":5,"result":"` + filler + `"}`, ""},
		} {
			got := strings.Join(say(tc.frame), "\n")
			if !strings.HasPrefix(got, tc.want) || (got == "") != (tc.want == "") {
				t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
			}
		}
		if got := say(`{"jsonrpc":"2.0","id":8,"method":"ping"}`); len(got) != 1 {
			t.Errorf("the loop did not go on: %q", got)
		}
		if err := hangUp(); err != nil {
			t.Error(err)
		}
	})
}

func TestEndOfInputWaitsForAnswers(t *testing.T) {
	in := toolCall("1", "sleep", `{"ms":30}`) + "\n" + toolCall("2", "echo", `{"text":"b"}`)
	var out bytes.Buffer
	if err := Serve(context.Background(), testServer(nil), strings.NewReader(in), &out, Options{}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), `"result"`); got != 2 {
		t.Errorf("%d answers, want 2:\n%s", got, out.String())
	}
}

func TestBrokenOutputEndsTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inR, inW := io.Pipe()
		ended := make(chan error, 1)
		done := make(chan error, 1)
		go func() { done <- Serve(context.Background(), testServer(ended), inR, brokenPipe{}, Options{}) }()
		fmt.Fprintln(inW, toolCall("1", "wait", `{}`))
		synctest.Wait() // the call runs
		fmt.Fprintln(inW, `{"jsonrpc":"2.0","id":2,"method":"ping"}`)
		if err := <-done; err == nil || !strings.Contains(err.Error(), "writing to the client: broken") {
			t.Errorf("Serve = %v", err)
		}
		if err := <-ended; err == nil {
			t.Error("the call was not cancelled")
		}
		inW.Close()
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestContextEndsServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inR, inW := io.Pipe()
		defer inW.Close()
		ctx, cancel := context.WithCancel(context.Background())
		ended, done := make(chan error, 1), make(chan error, 1)
		go func() { done <- Serve(ctx, testServer(ended), inR, io.Discard, Options{}) }()
		fmt.Fprintln(inW, toolCall("1", "wait", `{}`))
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Serve = %v", err)
		}
		if err := <-ended; err == nil {
			t.Error("the call was not cancelled")
		}
	})
}

func TestManyConnectionsOfOneServer(t *testing.T) {
	srv := testServer(nil)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			want := fmt.Sprintf("client-%d", i)
			var in strings.Builder
			for id := range 20 {
				fmt.Fprintln(&in, toolCall(fmt.Sprint(id), "echo", `{"text":"`+want+`"}`))
			}
			var out bytes.Buffer
			if err := Serve(context.Background(), srv, strings.NewReader(in.String()), &out, Options{}); err != nil {
				t.Error(err)
			}
			if got := strings.Count(out.String(), want); got != 20 {
				t.Errorf("%s: %d of its 20 answers", want, got)
			}
		})
	}
	wg.Wait()
}

// testServer has tools that echo, count, wait and panic. ended gets what ended
// each call of wait.
func testServer(ended chan<- error) *server.MCPServer {
	srv := server.NewMCPServer("test", "1", server.WithToolCapabilities(false), server.WithLogging())
	add := func(name string, h server.ToolHandlerFunc) {
		srv.AddTool(mcp.Tool{Name: name, InputSchema: mcp.ToolInputSchema{Type: "object"}}, h)
	}
	add("echo", func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText(r.GetString("text", "")), nil
	})
	add("count", func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		n := r.GetInt("n", 0)
		for i := range n {
			Progress(ctx, float64(i+1), float64(n), "")
		}
		return mcp.NewToolResultText("counted"), nil
	})
	add("log", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		n := mcp.NewLoggingMessageNotification(mcp.LoggingLevelInfo, "test", "a line")
		return mcp.NewToolResultText("logged"), server.ServerFromContext(ctx).SendLogMessageToClient(ctx, n)
	})
	add("wait", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		<-ctx.Done()
		if ended != nil {
			ended <- ctx.Err()
		}
		return nil, ctx.Err()
	})
	add("sleep", func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		select {
		case <-time.After(time.Duration(r.GetInt("ms", 0)) * time.Millisecond):
			return mcp.NewToolResultText("slept"), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	add("panic", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) { panic("a bug") })
	add("roots", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		roots, err := server.ServerFromContext(ctx).RequestRoots(ctx, mcp.ListRootsRequest{})
		if err != nil {
			return mcp.NewToolResultError(err.Error()), nil
		}
		return mcp.NewToolResultText(roots.Roots[0].URI), nil
	})
	add("sample", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		//lint:ignore SA1019 clients of the initialize era are asked in this way
		answer, err := server.ServerFromContext(ctx).RequestSampling(ctx, mcp.CreateMessageRequest{CreateMessageParams: mcp.CreateMessageParams{
			Messages: []mcp.SamplingMessage{{Role: mcp.RoleUser, Content: mcp.NewTextContent("warp?")}}, MaxTokens: 9,
		}})
		if err != nil {
			return mcp.NewToolResultError(err.Error()), nil
		}
		return mcp.NewToolResultText(answer.Model), nil
	})
	return srv
}

// NewTestServer is testServer for the transcripts, which live outside of the package.
func NewTestServer() *server.MCPServer { return testServer(nil) }

// A thousand calls, some cancelled, some that panic, leave nothing behind: a
// bubble does not end while a goroutine in it is left.
func TestNothingIsLeftAfterManyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inR, inW := io.Pipe()
		var out lines
		done := make(chan error, 1)
		go func() { done <- Serve(context.Background(), testServer(nil), inR, &out, Options{}) }()
		for id := range 1000 {
			tool := []string{"echo", "wait", "panic", "count"}[id%4]
			fmt.Fprintln(inW, toolCall(fmt.Sprint(id), tool, `{"text":"x"}`))
			if tool == "wait" {
				fmt.Fprintf(inW, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`+"\n", id)
			}
		}
		inW.Close()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := len(out.take()); got != 750 {
			t.Errorf("%d answers, want 750", got)
		}
	})
}
