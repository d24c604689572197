package fault_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/fault"
)

// TestToken: it is good until its time has come by the clock, which only the test
// moves.
func TestToken(t *testing.T) {
	f, s, c := front(t)
	clock := fault.NewClock()
	auth := fault.NewAuth(clock)
	f.Guard(auth)
	f.On(fault.Path("/lie"), fault.Status(500))
	token := auth.Token(time.Hour)
	ask := func(path string, status int, challenge string, headers ...string) {
		t.Helper()
		got := get(t, c, f.URL+path, headers...)
		if got.status != status || !strings.Contains(got.header.Get("WWW-Authenticate"), challenge) || challenge == "" && got.header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s %q: %d %v, want %d and %q", path, headers, got.status, got.header, status, challenge)
		}
	}
	ask("/", 401, `Bearer realm="fault"`)
	ask("/lie", 401, "Bearer")
	ask("/", 401, "not known", "Authorization", "Bearer nonsense")
	ask("/", 401, "Bearer", "Authorization", "Basic eDp5") // x:y
	ask("/", 200, "", "Authorization", "Bearer "+token)
	ask("/", 200, "", "Authorization", "token "+token)
	ask("/", 200, "", "Private-Token", token)
	ask("/lie", 500, "", "Authorization", "Bearer "+token)
	clock.Advance(time.Hour - 1)
	ask("/", 200, "", "Authorization", "Bearer "+token)
	clock.Advance(1)
	ask("/", 401, "expired", "Authorization", "Bearer "+token)
	token = auth.Token(time.Minute)
	ask("/", 200, "", "Authorization", "Bearer "+token)
	auth.Revoke(token)
	ask("/", 401, "not known", "Authorization", "Bearer "+token)
	if auth.Refused() != 6 || s.asked.Load() != 5 {
		t.Errorf("%d were refused and %d passed on, want 6 and 5", auth.Refused(), s.asked.Load())
	}
	if got := f.Requests()[4].Credentials(); len(got) != 1 {
		t.Errorf("the front saw %q", got)
	}
}

// TestUser: basic authentication, and whom the service sees.
func TestUser(t *testing.T) {
	f, _, c := front(t)
	auth := fault.NewAuth(fault.NewClock())
	f.Guard(auth)
	auth.User("loom", "secret")
	url := func(user string) string { return strings.Replace(f.URL, "://", "://"+user+"@", 1) }
	if got := get(t, c, url("loom:wrong")); got.status != 401 || !strings.HasPrefix(got.header.Values("WWW-Authenticate")[1], "Basic ") {
		t.Errorf("a wrong password: %+v", got)
	}
	if got := get(t, c, url("loom:secret")); got.status != 200 || got.header.Get("X-Authorization") != "" {
		t.Errorf("the password: %+v", got)
	}
	auth.Upstream("Bearer of the service")
	if got := get(t, c, url("loom:secret")); got.header.Get("X-Authorization") != "Bearer of the service" {
		t.Errorf("the service sees %q", got.header.Get("X-Authorization"))
	}
	auth.User("loom", "")
	if got := get(t, c, url("loom:")); got.status != 401 {
		t.Errorf("who is no user any more: %+v", got)
	}
}

// TestEndpoint: it hands out tokens, to users if there are any.
func TestEndpoint(t *testing.T) {
	f, s, c := front(t)
	clock := fault.NewClock()
	auth := fault.NewAuth(clock)
	f.Guard(auth)
	auth.Endpoint("/oauth/token", time.Hour)
	var answer struct {
		Token string `json:"access_token"`
		Type  string `json:"token_type"`
		Life  int    `json:"expires_in"`
	}
	res, err := c.PostForm(f.URL+"/oauth/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Type != "Bearer" || answer.Life != 3600 {
		t.Fatalf("%+v, %v", answer, err)
	}
	for _, want := range []int{200, 401} {
		if got := get(t, c, f.URL, "Authorization", "Bearer "+answer.Token); got.status != want {
			t.Errorf("the token: %+v, want %d", got, want)
		}
		clock.Advance(time.Hour)
	}
	if got := get(t, c, f.URL+"/oauth/token"); got.status != http.StatusUnauthorized {
		t.Errorf("GET: %+v", got)
	}
	auth.User("loom", "secret")
	for user, want := range map[string]int{"loom:secret": 200, "loom:wrong": 401} {
		res, err := c.PostForm(strings.Replace(f.URL, "://", "://"+user+"@", 1)+"/oauth/token", nil)
		if err != nil || res.StatusCode != want {
			t.Errorf("%s: %v, %v", user, res, err)
		}
	}
	if s.asked.Load() != 1 {
		t.Errorf("the service was asked %d times, want 1", s.asked.Load())
	}
}
