package kubetest

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// API is the server. Its fields are set before it is asked.
type API struct {
	*httptest.Server
	Logs map[string]string // namespace/pod/container, with /previous for the one before
	Deny []string          // verb and resource that are forbidden: "list secrets"
	Down []string          // groups that do not answer
	Hook http.HandlerFunc  // is asked first; writes nothing for what it leaves alone

	mu      sync.Mutex
	objects map[string][]map[string]any // by root/resource
	places  map[string]int              // by root/resource/namespace/name
	asked   []string
}

// New starts a server that has the objects of some YAML, until the test ends.
func New(t testing.TB, manifests ...string) *API {
	t.Helper()
	a := &API{Logs: make(map[string]string), objects: make(map[string][]map[string]any), places: make(map[string]int)}
	for _, text := range manifests {
		d := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
		for {
			var o map[string]any
			if err := d.Decode(&o); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("an object: %v\n%s", err, text)
			}
			if o != nil {
				a.Add(t, o)
			}
		}
	}
	a.Server = httptest.NewUnstartedServer(a)
	a.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that go away
	a.StartTLS()                                   // no credentials are sent without TLS
	t.Cleanup(a.Server.Close)
	return a
}

// Add adds or replaces an object.
func (a *API) Add(t testing.TB, o map[string]any) {
	t.Helper()
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.apiVersion() == o["apiVersion"] && k.kind == o["kind"] })
	if i < 0 {
		t.Fatalf("there is no kind %v %v", o["apiVersion"], o["kind"])
	}
	meta, _ := o["metadata"].(map[string]any)
	if meta == nil || meta["name"] == nil {
		t.Fatalf("an object without a name: %v", o)
	}
	if meta["namespace"] == nil && !kinds[i].cluster {
		meta["namespace"] = "default"
	}
	for name, v := range map[string]any{"uid": fmt.Sprintf("uid-%s-%s", kinds[i].resource, meta["name"]), "resourceVersion": "1", "creationTimestamp": "2026-11-28T12:00:00Z"} {
		if meta[name] == nil {
			meta[name] = v
		}
	}
	key := kinds[i].root() + "/" + kinds[i].resource
	a.mu.Lock()
	defer a.mu.Unlock()
	id := fmt.Sprint(key, "/", meta["namespace"], "/", meta["name"])
	if i, ok := a.places[id]; ok {
		a.objects[key][i] = o
		return
	}
	a.places[id] = len(a.objects[key])
	a.objects[key] = append(a.objects[key], o)
}

// Asked are the requests since it was called last: GET /api/v1/pods?limit=50.
func (a *API) Asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.asked
	a.asked = nil
	return all
}

// Kubeconfig is a file with a context for the server by each name, the first by default.
func (a *API) Kubeconfig(t testing.TB, names ...string) string {
	t.Helper()
	if names == nil {
		names = []string{"test"}
	}
	var contexts strings.Builder
	for _, name := range names {
		fmt.Fprintf(&contexts, "- {name: %q, context: {cluster: c, user: u}}\n", name)
	}
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: %q\nclusters: [{name: c, cluster: {server: %q, certificate-authority-data: %s}}]\nusers: [{name: u, user: {token: %s}}]\ncontexts:\n%s",
		names[0], a.URL, a.CA(), Token, contexts.String())
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Elsewhere is an environment with a kubeconfig for a server at an http URL.
func Elsewhere(t testing.TB, url string) func(string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: %q}}]\nusers: [{name: u, user: {}}]\n", url)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(name string) string { return map[string]string{"KUBECONFIG": path}[name] }
}

// CA is what the certificate of the server is checked with, as a kubeconfig has it.
func (a *API) CA() string {
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw}))
}

// Token is the credential in the kubeconfig.
const Token = "token-of-the-test-user"

// Getenv is an environment with that kubeconfig and what else is given.
func (a *API) Getenv(t testing.TB, more map[string]string) func(string) string {
	path := a.Kubeconfig(t)
	return func(name string) string {
		if v, ok := more[name]; ok {
			return v
		}
		if name == "KUBECONFIG" {
			return path
		}
		return ""
	}
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked = append(a.asked, r.Method+" "+r.URL.String())
	a.mu.Unlock()
	if a.Hook != nil {
		seen := &watcher{ResponseWriter: w}
		if a.Hook(seen, r); seen.wrote {
			return
		}
	}
	if r.Header.Get("Authorization") != "Bearer "+Token {
		fail(w, http.StatusUnauthorized, "Unauthorized", "Unauthorized")
		return
	}
	switch path := r.URL.Path; {
	case path == "/version":
		reply(w, map[string]any{"major": "1", "minor": "35", "gitVersion": "v1.35.4"})
	case r.Method == http.MethodPost && strings.HasPrefix(path, "/apis/authorization.k8s.io/v1/"):
		a.review(w, r)
	case r.Method != http.MethodGet:
		fail(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "this server is not changed")
	case a.discover(w, path):
	default:
		a.read(w, r)
	}
}

// watcher notices whether something was written.
type watcher struct {
	http.ResponseWriter
	wrote bool
}

func (w *watcher) WriteHeader(code int) { w.wrote = true; w.ResponseWriter.WriteHeader(code) }

func (w *watcher) Write(p []byte) (int, error) { w.wrote = true; return w.ResponseWriter.Write(p) }

// Unwrap lets a handler flush.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code})
}

// Fail answers as an API server does that refuses.
func Fail(w http.ResponseWriter, code int, reason, message string) { fail(w, code, reason, message) }
