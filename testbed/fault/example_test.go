package fault_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/loom-core/loom/testbed/fault"
)

// A suite puts a Front between a server of ours and its service, here between a
// client and what it asks, and says what goes wrong.
func Example() {
	t := &script{} // a suite has its *testing.T
	defer t.end()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":true}`) }))
	defer service.Close()

	front := fault.Proxy(t, service.URL)
	front.On(fault.First(1, fault.Path("/query")), fault.RetryAfter(2*time.Second))
	front.On(fault.Nth(1, fault.Path("/query")), fault.Half())

	for range 3 {
		res, err := http.Get(front.URL + "/query?q=up")
		if err != nil {
			t.Fatalf("asking: %v", err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		fmt.Printf("%d %q, Retry-After %q\n", res.StatusCode, body, res.Header.Get("Retry-After"))
	}
	for _, r := range front.Requests() {
		fmt.Println(r.Method, r.Path, r.Query["q"], r.Cancelled)
	}
	// Output:
	// 429 "", Retry-After "2"
	// 200 "{\"ok\"", Retry-After ""
	// 200 "{\"ok\":true}", Retry-After ""
	// GET /query [up] false
	// GET /query [up] false
	// GET /query [up] false
}

// Tokens expire when the test says so, and not when a machine is slow.
func ExampleAuth() {
	t := &script{}
	defer t.end()
	clock := fault.NewClock()
	auth := fault.NewAuth(clock)
	front := fault.Stranger(t)
	front.Guard(auth)

	token := auth.Token(time.Hour)
	ask := func() {
		r, _ := http.NewRequest(http.MethodGet, front.URL, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("asking: %v", err)
		}
		res.Body.Close()
		fmt.Printf("%d %s\n", res.StatusCode, res.Header["Www-Authenticate"])
	}
	ask()
	clock.Advance(time.Hour)
	ask()
	// Output:
	// 200 []
	// 401 [Bearer realm="fault", error="invalid_token", error_description="The token expired"]
}

// script is a test outside of go test.
type script struct{ last []func() }

func (s *script) Helper()                           {}
func (s *script) Failed() bool                      { return false }
func (s *script) Cleanup(f func())                  { s.last = append(s.last, f) }
func (s *script) Logf(format string, args ...any)   { fmt.Fprintf(os.Stderr, format+"\n", args...) }
func (s *script) Errorf(format string, args ...any) { s.Logf(format, args...) }
func (s *script) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (s *script) end() {
	for i := len(s.last) - 1; i >= 0; i-- {
		s.last[i]()
	}
}
