package upstream

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// everything is each way to sign in at once, and a header of one request.
func everything(base string) (*Client, error) {
	user := strings.Replace(base, "://", "://user:in-url@", 1)
	list, err := Open(testService, environ("X_URL="+user, "X_TOKEN=secret-1", "X_TENANT=secret-2", "X_HEADERS=Private-Token: secret-3\nCookie: a=secret-4"))
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func leaked(r *http.Request) bool {
	all := fmt.Sprint(r.Header, r.URL)
	return strings.Contains(all, "secret") || strings.Contains(all, "in-url") || r.Header.Get("Authorization") != "" || r.Header.Get("Referer") != ""
}

// No credential crosses to another port, host or scheme, and none comes back.
func TestCredentialsStayAtTheirOrigin(t *testing.T) {
	away := serve(t, say(200, "application/json", `{}`))
	var to string
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/there" {
			say(200, "application/json", `{}`)(w, r)
			return
		}
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	})
	c, err := everything(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(target string) {
		t.Helper()
		to = target
		if _, err := c.JSON(t.Context(), Request{Path: "x", Query: url.Values{"q": {"secret-5"}}, Header: http.Header{"X-One": {"secret-6"}}}, new(any)); err != nil {
			t.Fatal(err)
		}
	}
	ask(away.URL + "/y")
	ask(strings.Replace(away.URL, "127.0.0.1", "localhost", 1) + "/y")
	ask(strings.Replace(a.URL, "127.0.0.1", "localhost", 1) + "/there") // the same machine and port by another name
	for _, r := range append(away.asked(), a.asked()[len(a.asked())-1]) {
		if leaked(r) {
			t.Errorf("%s got %v", r.Host, r.Header)
		}
	}
	ask("/there")
	if r := a.asked()[len(a.asked())-1]; r.Header.Get("Authorization") != "Bearer secret-1" || r.Header.Get("X-Scope-OrgID") != "secret-2" || r.Header.Get("X-One") != "secret-6" {
		t.Errorf("its own redirect got %v", r.Header)
	}
	// Sent back by the other host, it is nobody.
	bounce := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, a.URL+"/there", http.StatusFound) })
	ask(bounce.URL)
	if r := a.asked()[len(a.asked())-1]; r.URL.Path != "/there" || leaked(r) {
		t.Errorf("sent back it got %v", r.Header)
	}
}

func TestRedirectsThatAreRefused(t *testing.T) {
	away := serve(t, say(200, "application/json", `{}`))
	for _, tc := range []struct {
		name, method, to string
		status, requests int
		want             string
	}{
		{"loop", "GET", "/x", 302, 1, "in a circle"},
		{"long", "GET", "", 302, 6, "more than 5 times"},
		{"scheme", "GET", "file:///etc/passwd", 302, 1, `scheme "file"`},
		{"write away", "POST", away.URL, 307, 1, "where a POST is not repeated"},
		{"write away, see other", "POST", away.URL, 303, 1, "not repeated"},
		{"write moved", "POST", "/y", 301, 1, "not repeated"},
		{"no location", "GET", "-", 302, 1, "HTTP 302"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := 0
			a := serve(t, func(w http.ResponseWriter, r *http.Request) {
				n++
				switch tc.to {
				case "":
					http.Redirect(w, r, fmt.Sprintf("/%d", n), tc.status)
				case "-":
					w.WriteHeader(tc.status)
				default:
					http.Redirect(w, r, tc.to, tc.status)
				}
			})
			_, err := open(t, "X_URL="+a.URL).JSON(t.Context(), Request{Method: tc.method, Path: "x", Form: form(tc.method)}, new(any))
			if failed(t, err, kit.FailedPrecondition, tc.want, "X_URL"); n != tc.requests {
				t.Errorf("%d requests, want %d", n, tc.requests)
			}
		})
	}
	if n := len(away.asked()); n > 0 {
		t.Errorf("%d requests went away", n)
	}
}

func form(method string) url.Values {
	if method == "POST" {
		return url.Values{"a": {"b"}}
	}
	return nil
}

func TestTLS(t *testing.T) {
	var certificates int
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		certificates = len(r.TLS.PeerCertificates)
		say(200, "application/json", `{}`)(w, r)
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	defer s.Close()
	s.Config.ErrorLog = nil
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	ca := write("ca.pem", "CERTIFICATE", s.Certificate().Raw)
	ask := func(settings ...string) error {
		_, err := open(t, settings...).JSON(t.Context(), Request{Path: "x"}, new(any))
		return err
	}
	failed(t, ask("X_URL="+s.URL), kit.FailedPrecondition, "X_CA_FILE names the CA")
	failed(t, ask("X_URL="+strings.Replace(s.URL, "https", "http", 1)), kit.InvalidArgument)
	plain := serve(t, say(200, "", "{}"))
	failed(t, ask("X_URL="+strings.Replace(plain.URL, "http", "https", 1)), kit.FailedPrecondition, "the other way round")
	for _, settings := range [][]string{{"X_CA_FILE=" + ca}, {"X_INSECURE=true"}} {
		if err := ask(append(settings, "X_URL="+s.URL)...); err != nil || certificates != 0 {
			t.Errorf("%v: %v, %d certificates", settings, err, certificates)
		}
	}
	// A certificate of ours goes to the origin, not to where that redirects;
	// neither does INSECURE hold there.
	cert, key := keyPair(t, dir)
	mine := []string{"X_INSECURE=true", "X_CERT_FILE=" + cert, "X_KEY_FILE=" + key}
	if err := ask(append(mine, "X_URL="+s.URL)...); err != nil || certificates != 1 {
		t.Errorf("%v, %d certificates", err, certificates)
	}
	from := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, s.URL, http.StatusFound) })
	failed(t, ask(append(mine, "X_URL="+from.URL)...), kit.FailedPrecondition, "certificate")
}
