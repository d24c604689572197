package kubernetes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// TestKeys: the API server is believed by who has the authority's certificate.
func TestKeys(t *testing.T) {
	k, err := newKeys()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(k.server, k.serverKey)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(k.ca) {
		t.Fatalf("no certificate in\n%s", k.ca)
	}
	for _, host := range []string{"127.0.0.1", nodeIP, serviceAddress, "localhost"} {
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots}); err != nil {
			t.Errorf("as %s: %v", host, err)
		}
	}
	seen := map[string]bool{}
	for _, u := range users {
		token := k.tokens[u.name]
		if seen[token] || len(token) < 26 {
			t.Errorf("the token of %s is %q", u.name, token)
		}
		seen[token] = true
		if line := token + "," + u.name + ","; !strings.Contains(k.tokenFile(), line) {
			t.Errorf("the token file has no line that begins with %s", line)
		}
	}
}

func TestKubeconfig(t *testing.T) {
	k, err := newKeys()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		CurrentContext string `yaml:"current-context"`
		Clusters       []struct{ Cluster struct{ Server string } }
		Users          []struct {
			Name string
			User struct{ Token string }
		}
		Contexts []struct {
			Name    string
			Context struct{ User string }
		}
	}
	if err := yaml.Unmarshal([]byte(k.kubeconfig("https://127.0.0.1:6443", Admin, Outsider)), &got); err != nil {
		t.Fatal(err)
	}
	if got.CurrentContext != Admin || got.Clusters[0].Cluster.Server != "https://127.0.0.1:6443" {
		t.Errorf("it leads to %+v", got)
	}
	for i, name := range []string{Admin, Outsider} {
		if got.Users[i].Name != name || got.Users[i].User.Token != k.tokens[name] || got.Contexts[i].Name != name || got.Contexts[i].Context.User != name {
			t.Errorf("user and context %d are %+v and %+v, want %s's", i, got.Users[i], got.Contexts[i], name)
		}
	}
}

func TestAudit(t *testing.T) {
	c := &Cluster{host: Host{Dir: t.TempDir()}}
	if _, err := c.Audit(Admin); err == nil {
		t.Error("an audit log that is not there is read")
	}
	if err := os.Mkdir(c.path("log"), 0o755); err != nil {
		t.Fatal(err)
	}
	log := `{"user":{"username":"admin"},"verb":"create","requestURI":"/api/v1/namespaces?timeout=5s","objectRef":{"resource":"namespaces"},"responseStatus":{"code":201}}
{"user":{"username":"outsider"},"verb":"delete","requestURI":"/api/v1/namespaces/x","objectRef":{"resource":"namespaces","name":"x"},"responseStatus":{"code":403}}
{"user":{"username":"admin"},"verb":"list","requestURI":"/api/v1/pods","objectRef":{"resource":"pods"},"responseStatus":{"code":200}}
{"user":{"username":"admin"},"ver`
	if err := os.WriteFile(c.AuditLog(), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := c.Audit(Admin)
	if err != nil || len(got) != 2 || got[0].String() != "admin: create /api/v1/namespaces: 201" || got[1].Verb != "list" {
		t.Errorf("the admin's requests are %v (%v)", got, err)
	}
}

func TestMutates(t *testing.T) {
	for _, test := range []struct {
		in   Request
		want bool
	}{
		{Request{Verb: "get", Resource: "pods"}, false},
		{Request{Verb: "list", Resource: "pods"}, false},
		{Request{Verb: "watch", Resource: "pods"}, false},
		{Request{Verb: "get", Resource: "pods", Subresource: "log"}, false},
		{Request{Verb: "get", Resource: "pods", Subresource: "exec"}, true},
		{Request{Verb: "create", Resource: "pods", Subresource: "portforward"}, true},
		{Request{Verb: "create", Resource: "selfsubjectaccessreviews"}, false},
		{Request{Verb: "create", Resource: "pods"}, true},
		{Request{Verb: "patch", Resource: "deployments"}, true},
		{Request{Verb: "deletecollection", Resource: "pods"}, true},
		{Request{Verb: "get", URI: "/version"}, false},
		{Request{Verb: "impersonate"}, true},
	} {
		if got := test.in.Mutates(); got != test.want {
			t.Errorf("%+v mutates: %v, want %v", test.in, got, test.want)
		}
	}
}

func TestNodeReady(t *testing.T) {
	for _, test := range []struct{ name, body, err string }{
		{"ready", `{"status":{"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"True"}]}}`, ""},
		{"not yet", `{"status":{"conditions":[{"type":"Ready","status":"False","message":"no network"}]}}`, "not ready: no network"},
		{"new", `{}`, "no such condition yet"},
		{"broken", `<html>`, "invalid character"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(test.body)) }))
			defer server.Close()
			err := newAPI(server.URL, &keys{}).nodeReady(t.Context())
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s gives %v, want %q", test.body, err, test.err)
			}
		})
	}
}

// TestPorts: a cell that shares the machine's network gets ports that are free and
// differ.
func TestPorts(t *testing.T) {
	p, err := choosePorts(false)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{0: true}
	for _, port := range []int{p.etcd, p.peer, p.api, p.controllers, p.scheduler} {
		if seen[port] {
			t.Errorf("the ports are %+v", p)
		}
		seen[port] = true
	}
}

// TestStateOf: another source or another flag is another build.
func TestStateOf(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module x")
	write("go.sum", "")
	seen := map[string]string{}
	for _, change := range []string{"", "main.go", "go.mod", "go.sum"} {
		if change != "" {
			write(change, "another "+change)
		}
		for _, flags := range []string{"-s", "-w"} {
			state, err := stateOf(dir, flags)
			if err != nil {
				t.Fatal(err)
			}
			if before, ok := seen[state]; ok {
				t.Errorf("the state after %q with %s is that of %s", change, flags, before)
			}
			seen[state] = change + " " + flags
		}
	}
	if _, err := stateOf(t.TempDir(), ""); err == nil {
		t.Error("a folder without go.mod has a state")
	}
}

// TestLock: the second waits for the first, and gives up when it is told to.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), path, func() { t.Error("a free lock is waited for") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	waited := false
	if _, err := lock(ctx, path, func() { waited = true }); err == nil || !waited {
		t.Errorf("a lock that is taken gives %v, waited %v", err, waited)
	}
	unlock()
	unlock, err = lock(t.Context(), path, func() { t.Error("a free lock is waited for") })
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// TestStopUnstarted: what was never started is stopped without an error.
func TestStopUnstarted(t *testing.T) {
	if err := new(Cluster).Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
