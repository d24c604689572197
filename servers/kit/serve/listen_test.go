package serve

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Each subscription that wants to hear of a changed list does, under its own
// name and not before it was acknowledged; the others do not.
func TestSubscriptionsAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := server.NewMCPServer("test", "1", server.WithToolCapabilities(true), server.WithPromptCapabilities(true))
		n := 0
		srv.AddTool(mcp.NewTool("grow"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			n++
			srv.AddTool(mcp.NewTool(fmt.Sprint("grown-", n)), nil)
			return mcp.NewToolResultText("grown"), nil
		})
		say, hangUp := dial(t, srv, Options{})
		const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
		listen := func(id, filter string) []string {
			return say(`{"jsonrpc":"2.0","id":` + id + `,"method":"subscriptions/listen","params":{"notifications":` + filter + `,` + meta + `}}`)
		}
		changed := func(id string) string {
			return `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":` + id + `}}}`
		}
		grow := func() []string {
			all := say(`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"grow",` + meta + `}}`)
			told := all[:len(all)-1] // the answer comes last
			slices.Sort(told)
			return told
		}
		for id, filter := range map[string]string{`"a"`: `{"toolsListChanged":true}`, `"b"`: `{"promptsListChanged":true}`, `7`: `{"toolsListChanged":true,"promptsListChanged":true}`} {
			if got := listen(id, filter); len(got) != 1 {
				t.Fatalf("listen %s: %q", id, got)
			}
		}
		if got, want := grow(), []string{changed(`"a"`), changed(`7`)}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)
		if got, want := grow(), []string{changed(`"a"`)}; !slices.Equal(got, want) {
			t.Errorf("after one was cancelled told %q, want %q", got, want)
		}
		say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}`)
		if got := grow(); len(got) != 0 {
			t.Errorf("told %q, and only prompts are listened to", got)
		}
		if err := hangUp(); err != nil {
			t.Error(err)
		}
	})
}
