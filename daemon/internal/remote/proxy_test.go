package remote

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProxyFrom(t *testing.T) {
	env := []string{"HTTPS_PROXY=http://u:p@secure:1", "http_proxy=plain:2", "NO_PROXY=.internal, example.com,10.0.0.0/8,192.168.1.1,odd:8443, [fd00::1],*.star.net,", "ALL_PROXY=http://no:3"}
	t.Setenv("HTTP_PROXY", "http://of.the.process:9") // nobody reads it
	for at, want := range map[string]string{
		"https://api.test/": "http://u:p@secure:1", "http://api.test/": "http://plain:2",
		"https://localhost:1/": "", "https://127.0.0.1/": "", "https://[::1]/": "",
		"https://a.internal/": "", "https://internal/": "http://u:p@secure:1",
		"https://example.com/": "", "https://a.EXAMPLE.com/": "", "https://notexample.com/": "http://u:p@secure:1",
		"https://10.9.9.9/": "", "https://11.0.0.1/": "http://u:p@secure:1", "https://192.168.1.1:8/": "", "https://[fd00::1]/": "",
		"https://odd:8443/": "", "https://odd/": "http://u:p@secure:1", "https://a.star.net/": "", "https://star.net/": "http://u:p@secure:1",
	} {
		req, err := http.NewRequest(http.MethodPost, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if proxy, err := proxyFrom(env)(req); err != nil {
			t.Errorf("%s: %v", at, err)
		} else if proxy != nil {
			got = proxy.String()
		}
		if got != want {
			t.Errorf("%s goes by %q, want %q", at, got, want)
		}
		if proxy, _ := proxyFrom(append(env, "NO_PROXY=*"))(req); proxy != nil {
			t.Errorf("%s goes by %s", at, proxy)
		}
		if proxy, _ := proxyFrom(nil)(req); proxy != nil {
			t.Errorf("%s goes by %s without any", at, proxy)
		}
	}
	req, _ := http.NewRequest(http.MethodPost, "https://api.test/", nil)
	if _, err := proxyFrom([]string{"HTTPS_PROXY=http://:secret\x7f@"})(req); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a bad proxy: %v", err)
	}
}

func TestARequestGoesByTheProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		say(w, result("2", r.Host+" "+r.URL.String()))
	}))
	defer proxy.Close()
	r := start(t, Options{URL: "http://mcp.test/x", Environ: []string{"HTTP_PROXY=" + proxy.URL}})
	r.send(toolsCall(2, "{}"))
	r.want(result("2", "mcp.test http://mcp.test/x"))
}
