package conformance

import (
	"testing"

	"github.com/loom-core/loom/testbed"
)

// TestMirror: a client that is shown one server under its own names sees that
// server, whichever of the protocols they share: what it says of itself, its
// lists, and the answers of tools that ask the client, which mcp-go refuses in
// the protocol that the client does not speak.
//
// What Loom answers itself has its members in an order of its own, and a time
// to live of its own; those are compared one by one.
func TestMirror(t *testing.T) {
	for _, tc := range []struct {
		name, era string
		server    []string // the fixture's arguments
		hello     string   // what says who the server is
		calls     []string
	}{
		{"legacy, of a server that speaks both", "legacy", nil, "initialize", []string{"test_sampling", "test_elicitation", "test_simple_text", "test_input_required_result_multiple_inputs"}},
		{"legacy", "legacy", []string{"legacy"}, "initialize", []string{"test_sampling", "test_elicitation", "test_simple_text"}},
		{"modern", "modern", nil, "server/discover", []string{"test_sampling", "test_input_required_result_multiple_inputs", "test_input_required_result_sampling", "test_simple_text"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			args := ""
			if tc.server != nil {
				args = ", args: [" + tc.server[0] + "]"
			}
			w := newWorld(t, "fixture", "command: @fixture, share: session"+args)
			client := testbed.ClientOptions{Era: tc.era, Version: "2025-11-25", Capabilities: capable, OnRequest: answers(w)}
			w.Connect(client).MustCall("test_simple_text", "{}") // before it has met a server, Loom cannot speak for it
			direct := w.Direct(client, append([]string{"@fixture"}, tc.server...)...)
			through := w.Connect(client)
			ask := func(method, params string) {
				t.Helper()
				testbed.CompareFrames(t, "fixture", direct.AskMRTR(method, params, nil), through.AskMRTR(method, params, nil))
			}
			same := func(method, params string, members ...[]string) {
				t.Helper()
				want, got := direct.Ask(method, params), through.Ask(method, params)
				for _, path := range members {
					if a, b := got.Find(path...), want.Find(path...); a != b {
						t.Errorf("%s: %v is\n%.2000s\nand directly\n%.2000s", method, path, a, b)
					}
				}
			}
			info := []string{"serverInfo"}
			if tc.era == "modern" {
				info = []string{"_meta", "io.modelcontextprotocol/serverInfo"}
				same("server/discover", "{}", info, []string{"capabilities"}, []string{"instructions"}, []string{"supportedVersions"})
			} else {
				same("initialize", `{"protocolVersion":"2025-11-25","capabilities":`+capable+`,"clientInfo":{"name":"testbed","version":"1"}}`,
					info, []string{"capabilities"}, []string{"instructions"}, []string{"protocolVersion"})
			}
			for method, member := range map[string]string{"tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources", "resources/templates/list": "resourceTemplates"} {
				same(method, "{}", []string{member}, []string{"resultType"}, []string{"cacheScope"}, []string{"_meta"})
			}
			for _, name := range tc.calls {
				ask("tools/call", `{"name":"`+name+`","arguments":{"prompt":"warp?","message":"who?"}}`)
			}
			if tc.era == "legacy" { // in the modern era a call says itself what it wants to hear
				same("logging/setLevel", `{"level":"info"}`, []string{})
				ask("tools/call", `{"name":"test_tool_with_logging"}`)
				for range 3 {
					testbed.CompareFrames(t, "fixture", direct.Notification("notifications/message"), through.Notification("notifications/message"))
				}
			}
			ask("prompts/get", `{"name":"test_prompt_with_arguments","arguments":{"arg1":"a","arg2":"b"}}`)
			ask("resources/read", `{"uri":"test://template/17/data"}`)
			ask("resources/read", `{"uri":"test://nowhere"}`)
			ask("completion/complete", `{"ref":{"type":"ref/prompt","name":"test_prompt_with_arguments"},"argument":{"name":"arg1","value":"pa"}}`)
		})
	}
}

// capable is what the clients of these tests say that they can do.
const capable = `{"sampling":{},"elicitation":{},"roots":{}}`

// answers is what they answer.
func answers(w *testbed.World) func(testbed.Frame) (string, string) {
	return func(f testbed.Frame) (string, string) {
		switch f.Method() {
		case "sampling/createMessage":
			return `{"role":"assistant","content":{"type":"text","text":"weft"},"model":"loom-1"}`, ""
		case "elicitation/create":
			return `{"action":"accept","content":{"name":"Ada","username":"ada","email":"ada@example.invalid"}}`, ""
		}
		return `{"roots":[{"uri":"file://` + w.Home + `"}]}`, ""
	}
}
