package serve

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hello is the first request of a session.
const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`

func listen(t *testing.T, addr string, o HTTPOptions) *Listener {
	t.Helper()
	l, err := ListenHTTP(testServer(nil), addr, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("serving: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("it does not stop")
		}
	})
	return l
}

func post(t *testing.T, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Add(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

func TestHTTP(t *testing.T) {
	l := listen(t, "127.0.0.1:0", HTTPOptions{})
	resp, err := http.Post(l.URL(), "application/json", strings.NewReader(hello))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	call := `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}`
	if status, text := post(t, l.URL(), call, "Mcp-Session-Id: "+resp.Header.Get("Mcp-Session-Id")); status != 200 || !strings.Contains(text, "hello") {
		t.Errorf("%d %s", status, text)
	}
	port := l.Addr().String()[strings.LastIndex(l.Addr().String(), ":"):]
	for _, tc := range []struct {
		header string
		want   int
	}{
		{"Host: localhost" + port, 200}, {"Host: LOCALHOST", 200}, {"Host: [::1]" + port, 200}, {"Host: 127.1.2.3", 200},
		{"Host: evil.example" + port, 403}, {"Host: localhost.evil.example", 403}, {"Host: 10.0.0.1" + port, 403}, {"Host: 127.0.0.1.evil.example", 403},
		{"Origin: http://localhost:6274", 200}, {"Origin: http://127.0.0.1" + port, 200},
		{"Origin: http://evil.example", 403}, {"Origin: https://localhost.evil.example", 403}, {"Origin: null", 403},
		{"Origin: http://localhost@evil.example", 403}, {"Origin: file://localhost", 403}, {"Origin: moz-extension://1", 403},
	} {
		if status, text := post(t, l.URL(), hello, tc.header); status != tc.want {
			t.Errorf("%s: %d %s", tc.header, status, text)
		}
	}
	if status, _ := post(t, l.URL(), hello, "Origin: http://localhost", "Origin: http://evil.example"); status != 403 {
		t.Errorf("two origins: %d", status)
	}
	if status, _ := post(t, strings.TrimSuffix(l.URL(), httpPath), hello); status != 404 {
		t.Errorf("another path: %d", status)
	}
	// The era without sessions.
	modern := `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	if status, text := post(t, l.URL(), modern, "Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: echo"); status != 200 || !strings.Contains(text, `"resultType":"complete"`) {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := post(t, l.URL(), strings.Repeat(" ", maxHTTPBody+1)+hello); status/100 != 4 {
		t.Errorf("a large body: %d", status)
	}
}

func TestHTTPToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	token := strings.Repeat("k3y", 10)
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(token + "\n")
	l := listen(t, "0.0.0.0:0", HTTPOptions{TokenFile: file})
	url := "http://127.0.0.1" + l.Addr().String()[strings.LastIndex(l.Addr().String(), ":"):] + httpPath
	for header, want := range map[string]int{"Authorization: Bearer " + token: 200, "Authorization: Bearer x": 401, "Authorization: Basic " + token: 401, "X: y": 401} {
		if status, _ := post(t, url, hello, header); status != want {
			t.Errorf("%s: %d, want %d", header, status, want)
		}
	}
	// With a token a name of the machine will do, a page of another site will not.
	if status, _ := post(t, url, hello, "Host: host.example", "Authorization: Bearer "+token); status != 200 {
		t.Errorf("%d", status)
	}
	if status, _ := post(t, url, hello, "Origin: http://evil.example", "Authorization: Bearer "+token); status != 403 {
		t.Errorf("%d", status)
	}
	write(strings.Repeat("n3w", 10))
	if status, _ := post(t, url, hello, "Authorization: Bearer "+token); status != 401 {
		t.Errorf("a token that was replaced: %d", status)
	}
	write("")
	if status, _ := post(t, url, hello, "Authorization: Bearer "); status != 401 {
		t.Errorf("no token in the file: %d", status)
	}
}

func TestHTTPRefusesToListen(t *testing.T) {
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ addr, token, want string }{
		{":0", "", "other machines"}, {"0.0.0.0:0", "", "other machines"}, {"[::]:0", "", "other machines"}, {"example.org:0", "", "other machines"},
		{"8080", "", "no address"}, {"127.0.0.1:0", "missing", "reading the token"}, {"127.0.0.1:0", short, "at least 16"}, {"127.0.0.1:99999", "", "port"},
	} {
		if l, err := ListenHTTP(testServer(nil), tc.addr, HTTPOptions{TokenFile: tc.token}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s with %q: %v, want %q", tc.addr, tc.token, err, tc.want)
			if l != nil {
				l.Close()
			}
		}
	}
}
