package engine

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestFind: what DOCKER_HOST says is taken, and nothing else in its place.
func TestFind(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_ping" {
			t.Errorf("asked for %s", r.URL)
		}
	}))
	defer server.Close()
	host := strings.Replace(server.URL, "http:", "tcp:", 1)
	t.Setenv("DOCKER_HOST", host)
	if got, err := Find(t.Context(), t.TempDir()); got != host || err != nil {
		t.Errorf("found %q, %v", got, err)
	}
	t.Setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
	if got, err := Find(t.Context(), t.TempDir()); err == nil || !strings.HasPrefix(err.Error(), "the engine of DOCKER_HOST does not answer: asking the engine at unix:///nowhere/docker.sock: dial unix") {
		t.Errorf("found %q, %v", got, err)
	}
}
