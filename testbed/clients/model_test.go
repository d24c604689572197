package clients

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// model is an AI model that follows a script: it calls the tools that the test
// names, all at once, and says that it is done when it has what came of them. It
// speaks the APIs that the clients know, in their network.
type model struct {
	url string

	mu      sync.Mutex
	script  []string // tools to call
	offered []string // tools of the request that was answered with the script
	results map[string]*toolResult
	strange []string // requests that no API has
}

// toolResult is what a client says came of a tool: the server's answer, or its own
// words when it refused.
type toolResult struct {
	text   string
	failed bool // only the Messages API says so
}

// turn is a request for the next words, of whichever API.
type turn struct {
	offered []string
	results map[string]*toolResult // by the id of the call
}

// newModel serves until the test ends.
func newModel(w *world) *model {
	w.t.Helper()
	l, err := w.network.listen()
	if err != nil {
		w.t.Fatal(err)
	}
	m := &model{url: "http://" + l.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/messages", m.messages)
	mux.HandleFunc("POST /chat/completions", m.completions)
	mux.HandleFunc("POST /v1beta/models/scripted:streamGenerateContent", m.gemini)
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.strange = append(m.strange, r.Method+" "+r.URL.Path)
		http.NotFound(rw, r)
	})
	server := &http.Server{Handler: mux}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(l) // until Close
	}()
	w.t.Cleanup(func() {
		server.Close()
		<-done
	})
	return m
}

// talk has the client speak to a model that calls these tools. What run starts has
// to end before it returns.
func (m *model) talk(t *testing.T, run func() string, calls ...string) conversation {
	t.Helper()
	m.mu.Lock()
	m.script, m.offered, m.results, m.strange = calls, nil, nil, nil
	m.mu.Unlock()
	printed := run()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.offered == nil || m.results == nil {
		t.Fatalf("the client did not speak to the model, or not to the end; it asked for %v and prints\n%s", m.strange, printed)
	}
	return conversation{offered: m.offered, results: m.results}
}

// next takes a turn and returns the calls to make, none when all is said. Clients
// ask side questions too, for a title say: those offer no tools.
func (m *model) next(t turn) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case len(t.offered) == 0:
		return nil
	case len(t.results) == 0:
		m.offered = t.offered
		return m.script
	}
	m.results = map[string]*toolResult{}
	for i, tool := range m.script {
		m.results[tool] = t.results[callID(i)]
	}
	return nil
}

// callID is the id of the script's call i.
func callID(i int) string { return fmt.Sprintf("call_%d", i) }

// stream writes server-sent events. An event without a name has data alone.
func stream(rw http.ResponseWriter, name string, data any) {
	if name != "" {
		fmt.Fprintf(rw, "event: %s\n", name)
	}
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // of maps and strings
	}
	fmt.Fprintf(rw, "data: %s\n\n", text)
}

// conversation is what a model was offered and what came of its calls.
type conversation struct {
	offered []string
	results map[string]*toolResult
}

// under gives the offered tools whose names begin with prefix, without it, sorted.
func (c conversation) under(prefix string) (names []string) {
	for _, name := range c.offered {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			names = append(names, rest)
		}
	}
	slices.Sort(names)
	return names
}
