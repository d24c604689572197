package fault_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed/fault"
)

// TestMatch: which of some requests a rule is for.
func TestMatch(t *testing.T) {
	requests := strings.Fields("GET:/a POST:/a GET:/a/b GET:/a/b%2Fc GET:/a")
	for _, tc := range []struct {
		name string
		is   fault.Match
		want string // a 1 for each request that it matches
	}{
		{"any", fault.Any, "11111"},
		{"path", fault.Path("/a"), "11001"},
		{"path with a star", fault.Path("/a/*"), "00110"},
		{"escaped path", fault.Path("/a/b%2Fc"), "00010"},
		{"under", fault.Under("/a/"), "00110"},
		{"method", fault.Method("POST", "PUT"), "01000"},
		{"all", fault.All(fault.Path("/a"), fault.Method("GET")), "10001"},
		{"not", fault.Not(fault.Path("/a")), "00110"},
		{"first", fault.First(2, fault.Any), "11000"},
		{"first of some", fault.First(2, fault.Method("GET")), "10100"},
		{"nth", fault.Nth(2, fault.Path("/a")), "01000"},
		{"from", fault.From(4, fault.Any), "00011"},
		{"every", fault.Every(2, fault.Any), "01010"},
		{"all counts what is left", fault.All(fault.Path("/a"), fault.Nth(2, fault.Method("GET"))), "00001"},
	} {
		var got strings.Builder
		for _, text := range requests {
			method, path, _ := strings.Cut(text, ":")
			got.WriteByte("01"[btoi(tc.is(fault.Request{Method: method, Path: path}))])
		}
		if got.String() != tc.want {
			t.Errorf("%s matches %s, want %s", tc.name, got.String(), tc.want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a pattern that is none is taken")
		}
	}()
	fault.Path("[")
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestRules: the first that matches rules, and it can be taken away again.
func TestRules(t *testing.T) {
	f, s, c := front(t)
	one := f.On(fault.First(1, fault.Any), fault.Status(501))
	two := f.On(fault.Path("/two"), fault.Status(502))
	f.On(fault.Any, fault.Status(503))
	ask := func(path string, want int) {
		t.Helper()
		if got := get(t, c, f.URL+path); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
	ask("/two", 501)
	ask("/two", 502)
	ask("/", 503)
	two.Off()
	ask("/two", 503)
	if one.Hits() != 1 || two.Hits() != 1 {
		t.Errorf("the rules had %d and %d requests, want 1 each", one.Hits(), two.Hits())
	}
	f.Honest()
	ask("/two", http.StatusOK)
	if n := s.asked.Load(); n != 1 {
		t.Errorf("the service was asked %d times, want 1", n)
	}
}

// TestDo: it is done before the service hears of the request, and sees it.
func TestDo(t *testing.T) {
	f, s, c := front(t)
	var path string
	var asked int32 = -1
	f.On(fault.Any, fault.Do(func(r fault.Request) { path, asked = r.Path, s.asked.Load() }))
	if got := get(t, c, f.URL+"/x"); got.body != text || path != "/x" || asked != 0 {
		t.Errorf("%+v; at %q the service was asked %d times", got, path, asked)
	}
}
