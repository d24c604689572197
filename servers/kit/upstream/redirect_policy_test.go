package upstream

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestRedirectPolicy: a service may say no to where a request is sent on, for both
// clients, of writes that would be repeated too, and is asked of the same origin only.
func TestRedirectPolicy(t *testing.T) {
	away := serve(t, say(200, "application/json", `{}`))
	to := "/b"
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			return
		}
		say(200, "application/json", `{}`)(w, r)
	})
	service := testService
	service.Redirect = func(from, to *url.URL) error {
		return kit.Errorf(kit.PermissionDenied, "from %s to %s", from.Path, to.Path)
	}
	list, err := Open(service, environ("X_URL="+a.URL))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method string) error {
		_, err := list[0].Do(t.Context(), Request{Method: method, Path: "a", Form: form(method)})
		return err
	}
	for i, method := range []string{"GET", "POST", "DELETE"} {
		if err := ask(method); err == nil || !strings.Contains(err.Error(), "from /a to /b") || len(a.asked()) != i+1 {
			t.Errorf("%s: %v, %d requests", method, err, len(a.asked()))
		}
	}
	r, err := list[0].Library().Get(a.URL + "/a")
	if err == nil {
		r.Body.Close()
		t.Error("the library followed")
	}
	to = away.URL + "/c"
	if err := ask("GET"); err != nil || len(away.asked()) != 1 {
		t.Errorf("another origin: %v", err)
	}
}

// TestWriteToAnOldName: at its own origin, a write that is sent on is most often
// to something that has another name now.
func TestWriteToAnOldName(t *testing.T) {
	a := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/b", http.StatusMovedPermanently) })
	_, err := open(t, "X_URL="+a.URL).Do(t.Context(), Request{Method: http.MethodPost, Path: "a"})
	failed(t, err, kit.FailedPrecondition, "another name now", "X_URL")
}
