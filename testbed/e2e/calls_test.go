package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
)

// structured calls a tool and decodes its structured content.
func structured(t *testing.T, c *testbed.Client, tool, arguments string, into any) {
	t.Helper()
	f := c.Call(tool, arguments)
	if f.Err() != nil || f.IsError() {
		t.Fatalf("%s %s: %s", tool, arguments, f)
	}
	var result struct {
		StructuredContent json.RawMessage
	}
	if err := json.Unmarshal([]byte(f.Result()), &result); err != nil || len(result.StructuredContent) == 0 {
		t.Fatalf("%s %s has no structured content (%v): %s", tool, arguments, err, f)
	}
	if err := json.Unmarshal(result.StructuredContent, into); err != nil {
		t.Fatalf("%s %s: %v: %s", tool, arguments, err, result.StructuredContent)
	}
}

// browser asks services without Loom.
var browser = &http.Client{Timeout: 10 * time.Second}

// getJSON reads what a service answers itself.
func getJSON(url string, into any) error {
	response, err := browser.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", url, response.Status, raw)
	}
	return json.Unmarshal(raw, into)
}

// args are arguments of a call: name, value, name, value.
func args(pairs ...any) string {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
