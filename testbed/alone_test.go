package testbed_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/serve"
	"github.com/loom-core/loom/testbed"
)

// TestServerOfOursAlone: one of our servers on a port of its own, behind a
// token, is a remote server like any other: tools, prompts and resources, and a
// cancel reaches its handler.
func TestServerOfOursAlone(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan struct{})
	s := &kit.Server{
		Name: "mcp-alone", Version: "1",
		Tools: []kit.Tool{
			kit.NewTool(kit.Def{Name: "get_text", Title: "t", Description: "d", Hints: kit.ReadLocal},
				func(context.Context, struct{}) (*kit.Result, error) { return kit.Payload(nil, "a text"), nil }),
			kit.NewTool(kit.Def{Name: "wait_x", Title: "t", Description: "d", Hints: kit.ReadLocal},
				func(ctx context.Context, _ struct{}) (*kit.Result, error) {
					close(began)
					<-ctx.Done()
					close(ended)
					return nil, ctx.Err()
				}),
		},
		Resources: []kit.Resource{kit.NewResource(kit.ResourceDef{URI: "alone://about", Name: "about", Title: "t", Description: "d"},
			func(context.Context, struct{}) (*kit.Result, error) { return kit.Payload(nil, "about it"), nil })},
		Prompts: []kit.Prompt{kit.NewPrompt(kit.PromptDef{Name: "look", Title: "t", Description: "d"},
			func(context.Context, struct{}) (string, error) { return "look at it", nil })},
	}
	w := testbed.New(t, options(t))
	const token = "alone-canary-0815-4711"
	l, err := serve.ListenHTTP(s.MCP(), "127.0.0.1:0", serve.HTTPOptions{TokenFile: w.WriteFile("token", token)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- l.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	w.Registry("\nservers:\n  a:\n    url: " + l.URL() + "\n    headers: {Authorization: \"Bearer ${secret:alone-token}\"}\n    share: global\n")
	start := w.Run(testbed.Command{Args: []string{"start"}, Env: []string{"LOOM_SECRET_ALONE_TOKEN=" + token}})
	if start.Code != 0 {
		t.Fatalf("loom start: %s%s", start.Stdout, start.Stderr)
	}
	c := w.Connect(testbed.ClientOptions{})
	if got := c.MustCall("a__get_text", `{}`); !strings.Contains(got, "a text") {
		t.Errorf("get_text gave %s", got)
	}
	if got := c.Ask(mcp.ResourcesList, ""); !strings.Contains(got.String(), "alone://about") {
		t.Errorf("the resources are %s", got)
	}
	if got := c.Ask(mcp.PromptsList, ""); !strings.Contains(got.String(), "look") {
		t.Errorf("the prompts are %s", got)
	}
	id := c.Begin("a__wait_x", `{}`)
	await(t, "the call begins", began)
	c.Cancel(id)
	await(t, "the call ends", ended)
}

func await(t *testing.T, what string, happened chan struct{}) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(testbed.Patience):
		t.Fatalf("waited in vain: %s", what)
	}
}
