package testbed_test

import (
	"testing"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestRemoteElicitation: a question of the server reaches the client that
// called, and its answer the server, whichever eras the two are of.
func TestRemoteElicitation(t *testing.T) {
	for _, era := range []string{"legacy", "modern"} {
		t.Run(era+" client", func(t *testing.T) {
			eachRemote(t, func(t *testing.T, s *remoteServer) {
				c := remoteWorld(t, s, remoteToken).Connect(testbed.ClientOptions{
					Era: map[string]string{"modern": "modern"}[era], Capabilities: `{"elicitation":{"form":{}}}`,
					OnRequest: func(f testbed.Frame) (result, failure string) {
						return `{"action":"accept","content":{"it":` + f.Find("message") + `}}`, ""
					},
				})
				f := c.AskMRTR(mcp.ToolsCall, `{"name":"r__ask","arguments":{}}`, nil)
				if got, want := f.Text(), `{"action":"accept","content":{"it":"what is it?"}}`; got != want {
					t.Errorf("the server was given %s, want %s", f, want)
				}
			})
		})
	}
}
