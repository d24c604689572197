package upstream

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// held is a service whose answers have an ETag that changes with version.
func held(t *testing.T, version *int) *api {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		etag := fmt.Sprintf(`W/"%d%s"`, *version, r.URL.RawQuery)
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Asked", fmt.Sprint(len(r.Header)))
		if r.Header.Get("If-None-Match") == etag {
			w.Header().Set("X-Fresh", "yes")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.URL.Query().Has("cut") {
			w.Header().Set("Content-Length", "1000")
		}
		fmt.Fprintf(w, `{"v":%d,"for":%q,"accept":%q}`, *version, r.Header.Get("Authorization"), r.Header.Get("Accept"))
	})
}

func opened(t *testing.T, settings ...string) *Client {
	t.Helper()
	service := testService
	service.ETags = true
	list, err := Open(service, environ(settings...))
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func get(t *testing.T, c *Client, r Request) (body string, fresh bool) {
	t.Helper()
	if r.Path == "" {
		r.Path = "x"
	}
	answer, err := c.Do(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != http.StatusOK {
		t.Errorf("the status is %d", answer.Status)
	}
	return string(answer.Body), answer.Header.Get("X-Fresh") != "yes"
}

func TestETags(t *testing.T) {
	version := 1
	a := held(t, &version)
	token := filepath.Join(t.TempDir(), "token")
	os.WriteFile(token, []byte("one"), 0o600)
	c := opened(t, "X_URL="+a.URL, "X_TOKEN_FILE="+token)
	want := func(what string, r Request, fresh bool, text string) {
		t.Helper()
		if body, got := get(t, c, r); got != fresh || !strings.Contains(body, text) {
			t.Errorf("%s: fresh %v, %s", what, got, body)
		}
	}
	want("first", Request{}, true, `"v":1`)
	want("again", Request{}, false, `"v":1`)
	want("another accept", Request{Header: http.Header{"Accept": {"text/x"}}}, true, "text/x")
	want("another query", Request{Query: url.Values{"a": {"b"}}}, true, `"v":1`)
	want("a write", Request{Method: "POST"}, true, `"v":1`)
	version = 2
	want("changed", Request{}, true, `"v":2`)
	want("and held", Request{}, false, `"v":2`)
	c.auth.mu.Lock()
	c.auth.secret = "two"
	c.auth.mu.Unlock()
	want("another credential", Request{}, true, "Bearer two")

	resp, err := c.Library().Get(a.URL + "/x?library")
	if err != nil {
		t.Fatal(err)
	}
	first, _ := io.ReadAll(resp.Body)
	resp, err = c.Library().Get(a.URL + "/x?library")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := io.ReadAll(resp.Body); string(again) != string(first) || resp.Header.Get("X-Fresh") != "yes" || resp.StatusCode != 200 {
		t.Errorf("a library reads %d %s, then %s", resp.StatusCode, first, again)
	}
	if _, err := c.Do(t.Context(), Request{Path: "x", Query: url.Values{"cut": {""}}}); err == nil {
		t.Error("half an answer is one")
	}
	if n := len(c.cache.entries); n != 5 {
		t.Errorf("%d answers are held", n)
	}
}

// TestCacheIsBounded by number, bytes and age.
func TestCacheIsBounded(t *testing.T) {
	now := time.Now()
	c := &cache{now: func() time.Time { return now }}
	put := func(key string, size int) {
		now = now.Add(time.Second)
		c.put(key, &Response{Status: 200, Header: http.Header{"Etag": {"x"}}, Body: make([]byte, size)})
	}
	for i := range 100 {
		put(fmt.Sprint(i), 10)
	}
	if len(c.entries) != cacheEntries || c.bytes != 10*cacheEntries || c.get("99") == nil || c.get("0") != nil {
		t.Errorf("%d entries, %d bytes", len(c.entries), c.bytes)
	}
	for i := range 40 {
		put("large"+fmt.Sprint(i), cacheBody)
	}
	put("too large", cacheBody+1)
	if c.bytes > cacheBytes || c.get("too large") != nil || c.get("large39") == nil {
		t.Errorf("%d entries, %d bytes", len(c.entries), c.bytes)
	}
	now = now.Add(cacheAge + time.Second)
	if c.get("large39") != nil {
		t.Error("what is old is used")
	}
}

// TestTail keeps the end of an answer that is larger than what is read of others.
func TestTail(t *testing.T) {
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			http.Error(w, "gone", http.StatusGone)
			return
		}
		for i := range 1 << 17 {
			fmt.Fprintf(w, "line %9d\n", i)
		}
	})
	c := opened(t, "X_URL="+a.URL, "X_MAX_BODY=1MiB")
	r, err := c.Do(t.Context(), Request{Path: "log", Tail: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Body) != 100 || r.Skipped != 15<<17-100 || !strings.HasSuffix(string(r.Body), "line    131071\n") {
		t.Errorf("%d skipped, %q", r.Skipped, r.Body)
	}
	if r, err = c.Do(t.Context(), Request{Path: "log", Tail: 1 << 30}); err != nil || len(r.Body) != 15<<17 || r.Skipped != 0 {
		t.Errorf("%v, %d bytes", err, len(r.Body))
	}
	if _, err = c.Do(t.Context(), Request{Path: "missing", Tail: 100}); err == nil {
		t.Error("an error has an end")
	}
	if _, _, err := readTail(endless{}, 10, 4<<20); err != errTooLong {
		t.Error(err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestLocate(t *testing.T) {
	service := testService
	service.Default = "https://thing.example"
	service.Locate = func(u *url.URL) { u.Path += "/api" }
	for set, want := range map[string]string{"": "https://thing.example/api", "http://own.example/x/": "http://own.example/x/api"} {
		list, err := Open(service, environ("X_URL="+set))
		if err != nil {
			t.Fatal(err)
		}
		if got := list[0].Base().String(); got != want {
			t.Errorf("%q: %s, want %s", set, got, want)
		}
	}
}
