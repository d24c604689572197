package contract

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
)

const smallOps = `
GET /repos/{owner}/{repo}/issues
POST /repos/{owner}/{repo}/issues # makes one
GET /repos/{owner}/{repo}/contents/{path}
DELETE /repos/{owner}/{repo}/issues/{number}
GET /nothing
`

func small(t *testing.T) *Description {
	t.Helper()
	ops, err := ParseOperations([]byte(smallOps))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Load("testdata/small.json", t.TempDir(), ops)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const issue = `{"number":1,"title":"t","state":"open","user":null,"description":"","created_at":"2026-11-01T00:00:00Z","kind":"","flags":{"hot":true}}`

func TestChecker(t *testing.T) {
	const repo = "/api/v3/repos/o/r"
	for name, tc := range map[string]struct {
		ask, body, kind string
		answer          string // status, a space, and the body
		want            []string
	}{
		"a list":              {ask: "GET " + repo + "/issues?state=all&per_page=100", answer: "200 [" + issue + "]"},
		"either of two":       {ask: "GET " + repo + "/issues?milestone=7", answer: "200 []"},
		"or the other":        {ask: "GET " + repo + "/issues?milestone=none", answer: "200 []"},
		"none of them":        {ask: "GET " + repo + "/issues?milestone=v1", answer: "200 []", want: []string{`query parameter milestone is "v1"`}},
		"a value":             {ask: "GET " + repo + "/issues?state=bogus", answer: "200 []", want: []string{`query parameter state is "bogus": value is not one of the allowed values`}},
		"a number":            {ask: "GET " + repo + "/issues?per_page=many", answer: "200 []", want: []string{`per_page is "many"`}},
		"too much":            {ask: "GET " + repo + "/issues?per_page=101", answer: "200 []", want: []string{`per_page is "101"`}},
		"a parameter":         {ask: "GET " + repo + "/issues?perPage=3", answer: "200 []", want: []string{"no query parameter perPage: did you mean per_page?"}},
		"twice":               {ask: "GET " + repo + "/issues?state=open&state=all", answer: "200 []", want: []string{"state is there 2 times"}},
		"a route":             {ask: "GET " + repo + "/isues", answer: "404 {}", want: []string{"GET " + repo + "/isues: there is no such operation"}},
		"without the prefix":  {ask: "GET /repos/o/r/issues", answer: "404 {}", want: []string{"no such operation"}},
		"a method":            {ask: "PUT " + repo + "/issues", answer: "404 {}", want: []string{"with this path there is [GET POST]"}},
		"a path with slashes": {ask: "GET " + repo + "/contents/a/b%20c.txt", answer: `200 {"path":"a/b c.txt","size":1}`},
		"the root":            {ask: "GET " + repo + "/contents/", answer: `200 [{"path":"a","size":1}]`},
		"made":                {ask: "POST " + repo + "/issues", body: `{"title":"x","labels":["a"]}`, answer: "201 " + issue},
		"no title":            {ask: "POST " + repo + "/issues", body: `{"labels":["a"]}`, answer: "422 {}", want: []string{`property "title" is missing`}},
		"a member":            {ask: "POST " + repo + "/issues", body: `{"title":"x","lables":[]}`, answer: "201 " + issue, want: []string{"/lables: the description does not know it"}},
		"a member's member":   {ask: "POST " + repo + "/issues", body: `{"title":"x","labels":[{"nam":"a"}]}`, answer: "201 " + issue, want: []string{"/labels/0/nam: the description"}},
		"a type":              {ask: "POST " + repo + "/issues", body: `{"title":7}`, answer: "201 " + issue, want: []string{"/title: value must be a string"}},
		"a kind":              {ask: "POST " + repo + "/issues", body: `title=x`, kind: "application/x-www-form-urlencoded", answer: "422 {}", want: []string{`its body is "application/x-www-form-urlencoded"`}},
		"no body":             {ask: "POST " + repo + "/issues", answer: "422 {}", want: []string{"its body is missing"}},
		"gone":                {ask: "DELETE " + repo + "/issues/3", answer: "204 "},
		"not by name":         {ask: "DELETE " + repo + "/issues/three", answer: "404 {}", want: []string{`path parameter number is "three"`}},
		"a body too many":     {ask: "DELETE " + repo + "/issues/3", body: "{}", answer: "204 ", want: []string{"it takes no body"}},
		"another status":      {ask: "DELETE " + repo + "/issues/3", answer: "200 {}", want: []string{"the description has no answer 200"}},
		"half an answer":      {ask: "GET " + repo + "/issues", answer: `200 [{"number":1}]`, want: []string{`property "title" is missing`, `property "user" is missing`}},
		"too much of one":     {ask: "GET " + repo + "/issues", answer: "200 [" + strings.Replace(issue, `"kind"`, `"mind":1,"kind"`, 1) + "]", want: []string{"/0/mind: the description does not know it"}},
		"none of the answers": {ask: "GET " + repo + "/contents/a", answer: `200 {"path":7,"size":1}`, want: []string{"in the answer 200 "}},
		"an answer cut off":   {ask: "GET " + repo + "/issues", answer: `200 [`, want: []string{"the answer is no JSON"}},
	} {
		t.Run(name, func(t *testing.T) {
			check := NewChecker(t, small(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got, _ := io.ReadAll(r.Body); string(got) != tc.body {
					t.Errorf("the body is %q behind the checker, and was %q", got, tc.body)
				}
				status, body, _ := strings.Cut(tc.answer, " ")
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
				w.WriteHeader(map[string]int{"200": 200, "201": 201, "204": 204, "404": 404, "422": 422}[status])
				io.WriteString(w, body)
			}))
			method, path, _ := strings.Cut(tc.ask, " ")
			req := httptest.NewRequest(method, path, strings.NewReader(tc.body))
			kind := tc.kind
			if kind == "" {
				kind = "application/json"
			}
			req.Header.Set("Content-Type", kind)
			check.ServeHTTP(httptest.NewRecorder(), req)
			got := strings.Join(check.Violations(), "\n")
			if (got == "") != (tc.want == nil) {
				t.Errorf("it says %q, want %q", got, tc.want)
			}
			for _, want := range tc.want {
				if !strings.Contains(got, want) {
					t.Errorf("it says %q, and not %q", got, want)
				}
			}
		})
	}
}

func TestCovers(t *testing.T) {
	d := small(t)
	if want := (Operations{"GET /nothing"}); !slices.Equal(d.Missing, want) {
		t.Errorf("missing are %v", d.Missing)
	}
	inner := &fakeT{T: t}
	check := NewChecker(inner, d, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	check.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("DELETE", "/api/v3/repos/o/r/issues/3", nil))
	check.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("DELETE", "/api/v3/repos/o/r/issues/x", nil))
	check.Covers(append(d.Missing, "GET /repos/{owner}/{repo}/issues", "POST /repos/{owner}/{repo}/issues")...)
	if len(inner.errors) != 1 || !strings.Contains(inner.errors[0], "GET /repos/{owner}/{repo}/contents/{path} is in the list") {
		t.Errorf("it says %q", inner.errors)
	}
	check.report()
	if len(inner.errors) != 2 || !strings.Contains(inner.errors[1], `small: DELETE /repos/{owner}/{repo}/issues/{number}: path parameter number is "x"`) {
		t.Errorf("it says %q", inner.errors)
	}
}

// fakeT remembers errors, and has nothing to clean up.
type fakeT struct {
	*testing.T
	errors []string
}

func (f *fakeT) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}
func (f *fakeT) Cleanup(func()) {}

// TestReduced: the second time the document is not read any more, and what is
// left has nothing that nobody asked for.
func TestReduced(t *testing.T) {
	ops, err := ParseOperations([]byte(smallOps))
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	for range 2 {
		if _, err := Load("testdata/small.json", cache, ops); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadDir(cache)
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept are %v, %v", kept, err)
	}
	text, err := os.ReadFile(cache + "/" + kept[0].Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"unused", "Lists issues", "called as a word"} {
		if strings.Contains(string(text), word) {
			t.Errorf("%s is still there", word)
		}
	}
	for _, bad := range []string{"get /x", "GET x", "GET /x\nGET /x", "GET /x y"} {
		if _, err := ParseOperations([]byte(bad)); err == nil {
			t.Errorf("ParseOperations(%q) took it", bad)
		}
	}
}
