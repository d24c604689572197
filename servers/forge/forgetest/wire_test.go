package forgetest

import (
	"net/http"
	"strings"
	"testing"
)

// TestWire: what may change something is told from what only reads, and the path
// is that below the API.
func TestWire(t *testing.T) {
	w := NewWire(t, `{"message":"no"}`, "/api/v3", "/api")
	w.Answer("GET /user", Reply(http.StatusOK, "{}", "X-Total: 7"))
	for _, tc := range []struct {
		method, path, body string
		line               string
		status             int
		changes            bool
	}{
		{"GET", "/api/v3/user?x=1", "", "GET /user", 200, false},
		{"HEAD", "/api/v3/user", "", "HEAD /user", 404, false},
		{"DELETE", "/user", "", "DELETE /user", 404, true},
		{"POST", "/api/graphql", `{"query":"query{a}"}`, "POST /graphql", 404, false},
		{"POST", "/api/graphql", `{"query":"\n mutation{a}"}`, "POST /graphql", 404, true},
		{"POST", "/api/graphql", "", "POST /graphql", 404, true},
		{"POST", "/api/v3/search", `{"query":"query{a}"}`, "POST /search", 404, true},
	} {
		sent, changes := len(w.Sent()), len(w.Changes())
		r, err := http.NewRequestWithContext(t.Context(), tc.method, w.URL+tc.path, strings.NewReader(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := w.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		last := w.Sent()[sent]
		if last.Line != tc.line || answer.StatusCode != tc.status || (len(w.Changes()) > changes) != tc.changes {
			t.Errorf("%s %s: %s, status %d, changes %v", tc.method, tc.path, last, answer.StatusCode, len(w.Changes()) > changes)
		}
	}
}
