package bridge_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/conformance/bridge"
	"github.com/loom-core/loom/testbed/conformance/fixture"
)

func TestMain(m *testing.M) {
	testscript.Main(testbed.Guarded{M: m}, map[string]func(){
		"mcp-conformance": func() { os.Exit(fixture.Main(os.Args[1:])) },
	})
}

// serve is a bridge before the fixture; post sends it one message.
func serve(t *testing.T) (post func(ctx context.Context, header map[string]string, body string) *http.Response, url string) {
	t.Helper()
	path, err := exec.LookPath("mcp-conformance")
	if err != nil {
		t.Fatal(err)
	}
	b := bridge.New(func() *exec.Cmd { return exec.Command(path) })
	server := httptest.NewServer(b)
	t.Cleanup(func() { b.Close(); server.CloseClientConnections(); server.Close() })
	return func(ctx context.Context, header map[string]string, body string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return send(t, r, header)
	}, server.URL
}

func send(t *testing.T, r *http.Request, header map[string]string) *http.Response {
	t.Helper()
	for name, value := range header {
		r.Header.Set(name, value)
	}
	if host := header["Host"]; host != "" {
		r.Host = host
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

const hello = `{"jsonrpc":"2.0","id":"same","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{}},"clientInfo":{"name":"t","version":"1"}}}`

// A session has a child of its own, from initialize to DELETE.
func TestSession(t *testing.T) {
	post, url := serve(t)
	ctx := t.Context()
	begun := post(ctx, nil, hello)
	session := map[string]string{"Mcp-Session-Id": begun.Header.Get("Mcp-Session-Id")}
	if got := text(t, begun); begun.StatusCode != 200 || session["Mcp-Session-Id"] == "" || !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":"same","result"`) {
		t.Fatalf("initialize: %s %s", begun.Status, got)
	}
	if got := post(ctx, session, "{\"jsonrpc\":\"2.0\",\n\"method\":\"notifications/initialized\"}"); got.StatusCode != 202 {
		t.Errorf("a notification: %s", got.Status)
	}

	// What the server asks meanwhile comes before the answer, on the same stream.
	asked := post(ctx, session, `{"jsonrpc":"2.0","id":"same","method":"tools/call","params":{"name":"test_sampling","arguments":{"prompt":"warp?"}}}`)
	events := bufio.NewScanner(asked.Body)
	question := data(t, events)
	if asked.Header.Get("Content-Type") != "text/event-stream" || !strings.Contains(question, `"id":1,"method":"sampling/createMessage"`) {
		t.Fatalf("the question is %s", question)
	}
	post(ctx, session, `{"jsonrpc":"2.0","id":1,"result":{"role":"assistant","content":{"type":"text","text":"weft"},"model":"m"}}`)
	if got := data(t, events); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":"same","result"`) || !strings.Contains(got, "weft") {
		t.Errorf("the answer is %s", got)
	}

	end, err := http.NewRequest(http.MethodDelete, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := send(t, end, session); got.StatusCode != 204 {
		t.Errorf("the end of the session: %s", got.Status)
	}
	if got := post(ctx, session, `{"jsonrpc":"2.0","id":2,"method":"ping"}`); got.StatusCode != 404 {
		t.Errorf("after its end: %s", got.Status)
	}
	if got := post(ctx, nil, `{"jsonrpc":"2.0","id":2,"method":"ping"}`); got.StatusCode != 400 {
		t.Errorf("without a session: %s", got.Status)
	}
}

// data is the next message of a stream.
func data(t *testing.T, events *bufio.Scanner) string {
	t.Helper()
	for events.Scan() {
		if message, ok := strings.CutPrefix(events.Text(), "data: "); ok {
			return message
		}
	}
	t.Fatalf("the stream ended: %v", events.Err())
	return ""
}

// modern is a request of 2026-07-28 with the headers that go with it.
func modern(id, method, name, params string) (map[string]string, string) {
	return map[string]string{"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": method, "Mcp-Name": name},
		`{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":{` + params + `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":"p"}}}`
}

// Without sessions all share one child: a subscription of one POST hears of what
// another has changed, each under the id that its client gave, and it ends with
// its stream.
func TestWithoutSessions(t *testing.T) {
	post, _ := serve(t)
	listening, hangUp := context.WithCancel(t.Context())
	header, body := modern("1", "subscriptions/listen", "", `"notifications":{"toolsListChanged":true},`)
	events := bufio.NewScanner(post(listening, header, body).Body)
	const mine = `"io.modelcontextprotocol/subscriptionId":1}`
	if got := data(t, events); !strings.Contains(got, "acknowledged") || !strings.Contains(got, mine) {
		t.Fatalf("the subscription begins with %s", got)
	}
	header, body = modern("1", "tools/call", "test_trigger_tool_change", `"name":"test_trigger_tool_change",`)
	if got := text(t, post(t.Context(), header, body)); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":1,"result"`) {
		t.Errorf("the call's answer is %s", got)
	}
	if got := data(t, events); !strings.Contains(got, "tools/list_changed") || !strings.Contains(got, mine) {
		t.Errorf("the subscription brings %s", got)
	}
	hangUp()

	header, body = modern("2", "tools/call", "test_tool_with_progress", `"name":"test_tool_with_progress",`)
	events = bufio.NewScanner(post(t.Context(), header, body).Body)
	for _, want := range []string{`"progress":0,`, `"progress":50,`, `"progress":100,`, `"id":2,"result"`} {
		if got := data(t, events); !strings.Contains(got, want) {
			t.Errorf("a call with progress brings %s, want %s", got, want)
		}
	}
}

// What the transport itself refuses.
func TestRefused(t *testing.T) {
	post, _ := serve(t)
	_, call := modern("3", "tools/call", "", `"name":"test_simple_text",`)
	right := map[string]string{"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "test_simple_text"}
	_, unknown := modern("3", "x/y", "", "")
	for _, tc := range []struct {
		name, header, value, body string
		status                    int
		code                      string
	}{
		{"nothing", "Origin", "http://localhost:1234", call, 200, `"result"`},
		{"another host", "Host", "evil.example.com", call, 403, ""},
		{"another origin", "Origin", "http://evil.example.com", call, 403, ""},
		{"another version", "Mcp-Protocol-Version", "2025-11-25", call, 400, "-32020"},
		{"another method", "Mcp-Method", "TOOLS/CALL", call, 400, "-32020"},
		{"another name", "Mcp-Name", "test_image_content", call, 400, "-32020"},
		{"an unknown method", "Mcp-Method", "x/y", unknown, 404, "-32601"},
		{"no JSON", "Mcp-Method", "x", "{", 400, "-32700"},
	} {
		header := map[string]string{}
		for name, value := range right {
			header[name] = value
		}
		header[tc.header] = tc.value
		got := post(t.Context(), header, tc.body)
		if said := text(t, got); got.StatusCode != tc.status || !strings.Contains(said, tc.code) {
			t.Errorf("%s: %s %s, want %d and %s", tc.name, got.Status, said, tc.status, tc.code)
		}
	}
}
