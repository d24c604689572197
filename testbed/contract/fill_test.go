package contract

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestFill(t *testing.T) {
	d := small(t)
	for name, tc := range map[string]struct {
		op     string
		status int
		in     string
		want   string
	}{
		"what is required":   {"POST /repos/{owner}/{repo}/issues", 201, `{"number":7}`, `{"created_at":"2026-11-01T10:00:00Z","description":"","flags":{"hot":false},"kind":"bug","number":7,"state":"open","title":"","user":null}`},
		"in what is there":   {"GET /repos/{owner}/{repo}/issues", 200, `[` + issue[:len(issue)-1] + `,"owner":{}}]`, `[{"created_at":"2026-11-01T00:00:00Z","description":"","flags":{"hot":true},"kind":"","number":1,"owner":{"login":"ann"},"state":"open","title":"t","user":null}]`},
		"one of two":         {"GET /repos/{owner}/{repo}/contents/{path}", 200, `{"path":"a"}`, `{"path":"a","size":0}`},
		"the other":          {"GET /repos/{owner}/{repo}/contents/{path}", 200, `[{"path":"a"}]`, `[{"path":"a","size":0}]`},
		"nothing to go by":   {"GET /nothing", 200, `{"a":1}`, `{"a":1}`},
		"an error is an own": {"GET /repos/{owner}/{repo}/issues", 404, `{"a":1}`, `{"a":1}`},
	} {
		got, err := json.Marshal(d.Fill(tc.op, tc.status, json.RawMessage(tc.in)))
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestSpoiled(t *testing.T) {
	d := small(t)
	const path = "/api/v3/repos/o/r/contents/a"
	honest := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"path":"<a>","size":1,"target":"b"}`))
	})
	for name, tc := range map[string]struct {
		how  Spoil
		want string
	}{
		"nulls": {Nulls, `{"path":"<a>","size":1,"target":null}` + "\n"},
		"bare":  {Bare, `{"path":"<a>","size":1}` + "\n"},
	} {
		out := httptest.NewRecorder()
		d.Spoiled(honest, tc.how).ServeHTTP(out, httptest.NewRequest("GET", path, nil))
		if got := out.Body.String(); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
