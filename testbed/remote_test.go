package testbed_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	sdk "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/testbed"
)

// remoteServer is an MCP server over Streamable HTTP that is no process of the
// world: the SDK's own, behind a check of two headers.
type remoteServer struct {
	address  string
	versions []string // of the protocol; all of the SDK's if nil

	mu        sync.Mutex
	http      *httptest.Server
	mcp       *server.MCPServer
	calls     map[string]int // by the word that came with them
	sessions  map[string]bool
	cancelled int
	release   chan struct{} // what work waits for
}

const remoteToken = "remote-canary-4711"

// startRemote starts it on a port of its own.
func startRemote(t *testing.T, versions ...string) *remoteServer {
	t.Helper()
	s := &remoteServer{versions: versions, address: "127.0.0.1:0", calls: map[string]int{}, sessions: map[string]bool{}, release: make(chan struct{})}
	s.start(t)
	t.Cleanup(s.stop)
	return s
}

// start serves at the address of before, and knows nothing of before.
func (s *remoteServer) start(t *testing.T) {
	t.Helper()
	m := server.NewMCPServer("remote", "1", server.WithToolCapabilities(true), server.WithElicitation())
	m.AddTool(sdk.NewTool("echo"), s.echo)
	m.AddTool(sdk.NewTool("work"), s.work)
	m.AddTool(sdk.NewTool("ask"), s.ask)
	handler := server.NewStreamableHTTPServer(m, server.WithStateful(true), server.WithStreamableHTTPProtocolVersions(s.versions...))
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		t.Fatalf("starting the remote server: %v", err)
	}
	s.address = l.Addr().String()
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+remoteToken || r.Header.Get("X-City") != "in Vienna" {
			http.Error(w, "<p>I do not know "+r.Header.Get("Authorization")+"</p>", http.StatusUnauthorized)
			return
		}
		s.mu.Lock()
		s.sessions[r.Header.Get("Mcp-Session-Id")] = true
		s.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	h.Listener.Close()
	h.Listener = l
	h.Start()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.http, s.mcp = h, m
}

// stop cuts every connection.
func (s *remoteServer) stop() {
	s.mu.Lock()
	h := s.http
	s.mu.Unlock()
	h.Listener.Close()
	h.CloseClientConnections()
	h.Close()
}

func (s *remoteServer) count(word string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[word]
}

func (s *remoteServer) came(r sdk.CallToolRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[r.GetString("word", "")]++
}

// echo gives its arguments back.
func (s *remoteServer) echo(_ context.Context, r sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	s.came(r)
	raw, err := json.Marshal(r.GetArguments())
	return sdk.NewToolResultText(string(raw)), err
}

// work reports progress three times and then works until it is cancelled or
// released.
func (s *remoteServer) work(ctx context.Context, r sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	s.came(r)
	if meta := r.Params.Meta; meta != nil && meta.ProgressToken != nil {
		for i := range 3 {
			err := server.ServerFromContext(ctx).SendNotificationToClient(ctx, mcp.Progress, map[string]any{"progressToken": meta.ProgressToken, "progress": i + 1})
			if err != nil {
				return nil, err
			}
		}
	}
	select {
	case <-s.release:
		return sdk.NewToolResultText("worked"), nil
	case <-ctx.Done():
		s.mu.Lock()
		s.cancelled++
		s.mu.Unlock()
		return nil, ctx.Err()
	}
}

// ask wants to know something of the client's user. In the legacy era the SDK
// makes a request of it.
func (s *remoteServer) ask(_ context.Context, r sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	s.came(r)
	if answer := server.ElicitationResponse(r.Params.InputResponses, "it"); answer != nil {
		raw, err := json.Marshal(answer)
		return sdk.NewToolResultText(string(raw)), err
	}
	return server.NewInputRequestBuilder("state").Elicit("it", sdk.ElicitationParams{
		Mode: sdk.ElicitationModeForm, Message: "what is it?",
		RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{"it": map[string]any{"type": "string"}}},
	}).ToolResult(), nil
}

// remoteWorld is a world whose server r is that one. It skips the test as long
// as the registry takes no url.
func remoteWorld(t *testing.T, s *remoteServer, token string) *testbed.World {
	t.Helper()
	t.Parallel()
	text := `
servers:
  r:
    url: http://` + s.address + `/mcp
    headers: {Authorization: "Bearer ${secret:remote-token}", X-City: "in ${env:CITY}"}
    share: global
`
	if _, err := registry.Parse("registry.yaml", []byte("version: 1"+text)); err != nil {
		t.Skip("the registry takes no url yet: make url and headers known keys of a server")
	}
	w := testbed.New(t, options(t))
	w.Registry(text)
	start := w.Run(testbed.Command{Args: []string{"start"}, Env: []string{"CITY=Vienna", "LOOM_SECRET_REMOTE_TOKEN=" + token}})
	if start.Code != 0 {
		t.Fatalf("loom start: %s%s", start.Stdout, start.Stderr)
	}
	return w
}

// eachRemote runs a test against a server of either era.
func eachRemote(t *testing.T, test func(t *testing.T, s *remoteServer)) {
	for name, versions := range map[string][]string{"legacy": {"2025-11-25", "2025-06-18", "2025-03-26"}, "modern": {mcp.Modern}} {
		t.Run(name, func(t *testing.T) { test(t, startRemote(t, versions...)) })
	}
}

// TestRemoteServer: a server at the other end of HTTP is one like any other. Its
// tools are listed and called, also many at once, and a change of them is told.
func TestRemoteServer(t *testing.T) {
	eachRemote(t, func(t *testing.T, s *remoteServer) {
		w := remoteWorld(t, s, remoteToken)
		c := w.Connect(testbed.ClientOptions{})
		if got := c.MustCall("r__echo", `{"word":"é<&>"}`); got != `{"word":"é\u003c\u0026\u003e"}` {
			t.Errorf("echo gave %s", got)
		}
		names, _ := c.Ask(mcp.ToolsList, "").Tools()
		if got := strings.Join(names, " "); !strings.Contains(got, "r__ask r__echo r__work") {
			t.Errorf("the tools are %s", got)
		}
		ids := map[string]string{}
		for i := range 20 {
			word := fmt.Sprint("word-", i)
			ids[c.Begin("r__echo", `{"word":"`+word+`"}`)] = word
		}
		for id, word := range ids {
			if got := c.Answer(id).Text(); got != `{"word":"`+word+`"}` {
				t.Errorf("%s was answered with %s", word, got)
			}
			if n := s.count(word); n != 1 {
				t.Errorf("%s came %d times", word, n)
			}
		}
		s.mu.Lock()
		sessions := len(s.sessions) - 1 // initialize, and all of the modern era, names none
		s.mu.Unlock()
		if legacy := len(s.versions) > 1; legacy && sessions != 2 || !legacy && sessions != 0 {
			t.Errorf("%d sessions, want none or, of loom start and of everybody, two", sessions)
		}
		noCanary(t, w, remoteToken)

		c.Forget(mcp.ToolsListChanged) // of the first learning
		s.mu.Lock()
		m := s.mcp
		s.mu.Unlock()
		m.AddTool(sdk.NewTool("new"), s.echo)
		c.Notification(mcp.ToolsListChanged)
		if names, _ := c.Ask(mcp.ToolsList, "").Tools(); !slices.Contains(names, "r__new") {
			t.Errorf("after the change the tools are %s", names)
		}
	})
}

// TestRemoteProgress: it comes while the server works, with the client's token.
// It comes in order as well, but not from a legacy server of this SDK, which
// spreads it over two streams.
func TestRemoteProgress(t *testing.T) {
	eachRemote(t, func(t *testing.T, s *remoteServer) {
		c := remoteWorld(t, s, remoteToken).Connect(testbed.ClientOptions{})
		id := c.Request(mcp.ToolsCall, `{"name":"r__work","arguments":{},"_meta":{"progressToken":"<t>"}}`)
		var got []string
		for range 3 {
			got = append(got, c.Notification(mcp.Progress).Params())
		}
		if len(s.versions) > 1 {
			slices.Sort(got)
		}
		for i, params := range got {
			if want := fmt.Sprintf(`{"progress":%d,"progressToken":"<t>"}`, i+1); params != want {
				t.Errorf("progress came as %s, want %s", params, want)
			}
		}
		close(s.release)
		if f := c.Answer(id); f.Text() != "worked" {
			t.Errorf("the answer is %s", f)
		}
	})
}

// TestRemoteCancel: the server stops, the client is not answered, and the
// session goes on.
func TestRemoteCancel(t *testing.T) {
	eachRemote(t, func(t *testing.T, s *remoteServer) {
		c := remoteWorld(t, s, remoteToken).Connect(testbed.ClientOptions{})
		id := c.Begin("r__work", `{"word":"slow"}`)
		testbed.Eventually(t, "the call arrives", func() bool { return s.count("slow") == 1 })
		c.Cancel(id)
		testbed.Eventually(t, "the server stops", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.cancelled == 1
		})
		c.MustCall("r__echo", `{}`)
	})
}

// TestRemoteRestart: a call under way gets an error that does not promise
// anything, no call is carried out twice, and the server is found again. One
// with sessions refuses at most the one call from which loomd learns that its
// session is gone.
func TestRemoteRestart(t *testing.T) {
	eachRemote(t, func(t *testing.T, s *remoteServer) {
		w := remoteWorld(t, s, remoteToken)
		c := w.Connect(testbed.ClientOptions{})
		lost := c.Begin("r__work", `{"word":"lost"}`)
		testbed.Eventually(t, "the call arrives", func() bool { return s.count("lost") == 1 })
		s.stop()
		if e := c.Answer(lost).Err(); e == nil || e.Data.Code != "server_failed" {
			t.Errorf("the call under way gives %+v", e)
		}
		if e := c.Call("r__echo", `{"word":"away"}`).Err(); e == nil || !strings.Contains(e.Message, "cannot be reached") || !e.Data.Retryable {
			t.Errorf("while it is away a call gives %+v", e)
		}
		s.start(t)
		f := c.Call("r__echo", `{"word":"first"}`)
		if e := f.Err(); e != nil && (!strings.Contains(e.Message, "no longer knows the session") || len(s.versions) == 1) {
			t.Errorf("after the restart a call gives %+v", e)
		}
		if got := c.MustCall("r__echo", `{"word":"second"}`); !strings.Contains(got, "second") {
			t.Errorf("the next call gives %s", got)
		}
		for word, most := range map[string]int{"lost": 1, "away": 0, "first": 1, "second": 1} {
			if n := s.count(word); n > most {
				t.Errorf("the call %s was carried out %d times", word, n)
			}
		}
	})
}

// TestRemoteCredentials: an error says what to do about those that are refused,
// and not what they were.
func TestRemoteCredentials(t *testing.T) {
	s := startRemote(t)
	const wrong = "wrong-canary-4712"
	w := remoteWorld(t, s, wrong)
	c := w.Connect(testbed.ClientOptions{})
	e := c.Call("r__echo", "{}").Err()
	if e == nil || !strings.Contains(e.Message, "401 Unauthorized") || !strings.Contains(e.Message, "check headers in the registry") || strings.Contains(e.Message, wrong) {
		t.Errorf("the call gives %+v", e)
	}
	noCanary(t, w, wrong)
}
