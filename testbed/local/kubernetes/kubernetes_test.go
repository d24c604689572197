package kubernetes

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/loom-core/loom/testbed/kube"
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
	if err := yaml.Unmarshal([]byte(k.kubeconfig("https://127.0.0.1:6443", kube.Admin, kube.Outsider)), &got); err != nil {
		t.Fatal(err)
	}
	if got.CurrentContext != kube.Admin || got.Clusters[0].Cluster.Server != "https://127.0.0.1:6443" {
		t.Errorf("it leads to %+v", got)
	}
	for i, name := range []string{kube.Admin, kube.Outsider} {
		if got.Users[i].Name != name || got.Users[i].User.Token != k.tokens[name] || got.Contexts[i].Name != name || got.Contexts[i].Context.User != name {
			t.Errorf("user and context %d are %+v and %+v, want %s's", i, got.Users[i], got.Contexts[i], name)
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

// TestTelling: the line that says why is shown although a stack follows it.
func TestTelling(t *testing.T) {
	log := "I1128 starting\n" + `{"level":"fatal","msg":"write: no space left on device"}` + "\n" + strings.Repeat("at main.go:1\n", 40) + "the end\n"
	got := string(telling([]byte(log)))
	if !strings.HasPrefix(got, `{"level":"fatal"`) || !strings.HasSuffix(got, "the end") || strings.Count(got, "\n") != tail {
		t.Errorf("it tells %q", got)
	}
	if got := string(telling([]byte("one\ntwo\n"))); got != "one\ntwo" {
		t.Errorf("two lines are %q", got)
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

// TestStopUnstarted: what was never started is stopped without an error.
func TestStopUnstarted(t *testing.T) {
	if err := new(Cluster).Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
