package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
)

// lokiServer is a registry with mcp-loki for that address.
func lokiServer(url string, settings ...string) string {
	env := fmt.Sprintf("LOKI_URL: %q", url)
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		env += fmt.Sprintf(", %s: %q", name, value)
	}
	return "servers:\n  loki: {from: shipped, env: {" + env + "}}\n"
}

// TestLokiLine is one line through the whole of it.
func TestLokiLine(t *testing.T) {
	at := use(t, "loki")
	pushLines(t, at, map[string]string{"job": "line"}, time.Now(), "level=error msg=boom")
	c := newWorld(t, lokiServer(at.URL)).Connect(testbed.ClientOptions{})
	if text := c.MustCall("loki__query_logs", `{"labels":{"job":"line"},"level":"error"}`); !strings.Contains(text, "error level=error msg=boom") {
		t.Errorf("the answer is %s", text)
	}
}
