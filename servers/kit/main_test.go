package kit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestProgram(t *testing.T) {
	p := Program{
		Name: "mcp-test", About: "tests things.", Example: "TEST_URL=http://127.0.0.1:1",
		Env: []EnvVar{{"TEST_URL", "where it is"}},
		New: func(getenv func(string) string, _ *slog.Logger) (*Server, error) {
			if getenv("TEST_URL") == "bad" {
				return nil, errors.New("TEST_URL is bad")
			}
			tool := func(name string, hints Hints, set string) Tool {
				return NewTool(Def{Name: name, Title: name, Description: "Does " + name + ".", Hints: hints, Toolset: set, Example: `{"a":"x"}`},
					func(context.Context, struct {
						A string `arg:"a,required" doc:"what"`
					}) (*Result, error) {
						return Payload(nil, name), nil
					})
			}
			return &Server{Title: "Test", Tools: []Tool{
				tool("get_a", ReadLocal, ""), tool("delete_a", Hints{ReadOnly: No, Destructive: Yes, Idempotent: Yes, OpenWorld: No}, ""), tool("set_b", Hints{ReadOnly: No, Destructive: No, Idempotent: Yes, OpenWorld: No}, "extra"),
			}}, nil
		},
	}
	const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	for _, tc := range []struct {
		name, args, env  string
		terminal         bool
		code             int
		out, errOut      string
		outEmpty, errNot bool
	}{
		{name: "version", args: "--version", code: 0, out: "mcp-test ", errNot: true},
		{name: "help", args: "--help", code: 0, out: `{"mcpServers": {"test": {"command": "mcp-test", "env": {"TEST_URL": "http://127.0.0.1:1"}}}}`, errNot: true},
		{name: "unknown flag", args: "--nope", code: 2, errOut: "mcp-test: flag provided but not defined: -nope\nhint:", outEmpty: true},
		{name: "flag of a variable", args: "--url x", code: 2, errOut: "hint: that is set in the environment: TEST_URL=…; mcp-test --help", outEmpty: true},
		{name: "argument", args: "serve", code: 2, errOut: `unexpected argument "serve"`, outEmpty: true},
		{name: "tools", args: "tools", out: "get_a  (reads)\n  Does get_a.\n    a                  text     required; what\n", errNot: true},
		{name: "tools of a terminal", args: "tools", terminal: true, out: "delete_a  (writes, may delete or overwrite)\n", errNot: true},
		{name: "tools as JSON", args: "--toolsets all tools --json", out: `"name": "set_b"`, errNot: true},
		{name: "tools as a page", args: "tools --markdown", env: "bad", out: "### get_a\n\nDoes get_a.\n\nIt reads.", errNot: true},
		{name: "tools with a typing error", args: "tools --jsn", code: 2, errOut: "hint: mcp-test tools --help", outEmpty: true},
		{name: "help of tools", args: "tools --help", out: "--markdown", errNot: true},
		{name: "unknown tool", args: "--tools get_x", code: 2, errOut: `tools: mcp-test has no "get_x", did you mean "get_a"?`, outEmpty: true},
		{name: "nothing left", args: "--tools delete_a --read-only", code: 2, errOut: "no tool of mcp-test is left", outEmpty: true},
		{name: "token without a port", args: "--http-token-file x", code: 2, errOut: "goes with --http", outEmpty: true},
		{name: "open port", args: "--http :0", code: 1, errOut: "other machines; that needs a token, or listen on 127.0.0.1\nhint: --http", outEmpty: true},
		{name: "terminal", terminal: true, code: 2, errOut: "is started by an\nMCP client or by Loom, not by hand", outEmpty: true},
		{name: "serves", code: 0, out: `{"jsonrpc":"2.0","id":1,"result":{}}`, errNot: true},
		{name: "bad setting", env: "bad", code: 1, errOut: "mcp-test: TEST_URL is bad", outEmpty: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			getenv := func(name string) string { return map[string]string{"TEST_URL": tc.env}[name] }
			code := p.main(strings.Fields(tc.args), getenv, strings.NewReader(ping), &out, &errOut, tc.terminal)
			if code != tc.code || !strings.Contains(out.String(), tc.out) || !strings.Contains(errOut.String(), tc.errOut) ||
				tc.outEmpty && out.Len() > 0 || tc.errNot && errOut.Len() > 0 {
				t.Errorf("exit %d\nstdout: %s\nstderr: %s", code, out.String(), errOut.String())
			}
		})
	}
}

// A server on a port of its own says where it is, answers, and ends a call when
// its client hangs up.
func TestServeHTTP(t *testing.T) {
	began, ended := make(chan struct{}), make(chan struct{})
	s := &Server{Name: "t", Version: "1", Tools: []Tool{NewTool(Def{Name: "wait_x", Hints: ReadLocal},
		func(ctx context.Context, _ struct{}) (*Result, error) {
			close(began)
			<-ctx.Done()
			close(ended)
			return nil, ctx.Err()
		})}}
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- serveHTTP(ctx, s, &invocation{http: "127.0.0.1:0"}, w, slog.New(slog.DiscardHandler)) }()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait_x","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	caller, hangUp := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(caller, http.MethodPost, strings.TrimSpace(line), strings.NewReader(call))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "wait_x"} {
		req.Header.Set(name, value)
	}
	go func() {
		if resp, err := http.DefaultClient.Do(req); err == nil {
			text, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			t.Logf("answered %d %s", resp.StatusCode, text)
		}
	}()
	for _, step := range []struct {
		what string
		c    chan struct{}
		then func()
	}{{"the call begins", began, hangUp}, {"the call ends", ended, cancel}} {
		select {
		case <-step.c:
			step.then()
		case <-time.After(5 * time.Second):
			t.Fatalf("waited in vain: %s", step.what)
		}
	}
	if err := <-done; err != nil {
		t.Errorf("serving: %v", err)
	}
}
