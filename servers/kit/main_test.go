package kit

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestProgram(t *testing.T) {
	p := Program{
		Name: "mcp-test", About: "tests things.", Example: "TEST_URL=http://127.0.0.1:1",
		Env: []EnvVar{{"TEST_URL", "where it is"}},
		New: func(getenv func(string) string, _ *slog.Logger) (*Server, error) {
			if getenv("TEST_URL") == "bad" {
				return nil, errors.New("TEST_URL is bad")
			}
			return &Server{}, nil
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
		{name: "argument", args: "serve", code: 2, errOut: `unexpected argument "serve"`, outEmpty: true},
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
