package fault_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/fault"
)

const text = `{"status":"success","data":[1,2,3]}`

// service is what stands behind a Front: it counts, and answers each request
// with the same text, in chunks below /chunks.
type service struct {
	*httptest.Server
	asked atomic.Int32
}

func newService(t *testing.T) *service {
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Authorization", r.Header.Get("Authorization"))
		if r.URL.Path == "/chunks" {
			http.NewResponseController(w).Flush()
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(s.Close)
	return s
}

// newClient is a client with connections of its own, which follows no redirects.
func newClient(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reply is what a client got, as far as it came.
type reply struct {
	status int
	header http.Header
	body   string
	proto  string
	length int64
	close  bool
	err    error
}

func get(t *testing.T, c *http.Client, url string, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(body), res.Proto, res.ContentLength, res.Close, err}
}

// front is a Front before a service of its own, and a client.
func front(t *testing.T) (*fault.Front, *service, *http.Client) {
	s := newService(t)
	return fault.Proxy(t, s.URL), s, newClient(t)
}

// raw sends a request as it stands and reads to the end of the connection.
func raw(t *testing.T, f *fault.Front, request string) (string, error) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(f.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, request)
	all, err := io.ReadAll(c)
	return string(all), err
}
