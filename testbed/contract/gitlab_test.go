package contract

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestSwagger: optional parts of a path, definitions that are missing, ours in
// place of theirs, and what is taken back of what a description asks for.
func TestSwagger(t *testing.T) {
	ops, err := ParseOperations([]byte("GET /p/{id}/-/search\nGET /p/{id}/search\nGET /p/{id}/blame\nPOST /p/{id}/retry\nPOST /p/{id}/publish\nGET /p/{id}/notes\n"))
	if err != nil {
		t.Fatal(err)
	}
	const id = "{name: id, in: path, type: integer, required: true}"
	parse := func(paths string) *Description {
		d, err := ParseSwagger("small", []byte("swagger: '2.0'\ninfo: {title: t, version: v}\nconsumes: [application/json]\npaths:\n"+paths), ops)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := parse("  /p/{id}/(-/)search: {get: {parameters: [" + id + "], responses: {'200': {description: d, schema: {$ref: '#/definitions/Gone'}}}}}\n" +
		"  /p/{id}/blame: {get: {parameters: [" + id + ", {name: 'range[start]', in: query, type: integer, required: true}], responses: {'200': {description: d}}}}\n" +
		"  /p/{id}/retry: {post: {parameters: [" + id + ", {name: b, in: body, required: true, schema: {$ref: '#/definitions/Gone'}}], responses: {'201': {description: d}}}}\n" +
		"  /p/{id}/publish: {post: {parameters: [" + id + "], responses: {'204': {description: d}}}}\n")
	d.add(parse("  /p/{id}/publish: {post: {parameters: [" + id + ", {name: b, in: body, schema: {type: object, additionalProperties: false, properties: {state: {type: string}}}}], responses: {'204': {description: d}}}}\n"))
	d.loosen()
	d.RequestsOnly = true
	if want := (Operations{"GET /p/{id}/notes"}); !slices.Equal(d.Missing, want) {
		t.Errorf("missing are %v", d.Missing)
	}
	for ask, want := range map[string]string{
		"GET /p/a%2Fb/-/search":            "",
		"GET /p/a%2Fb/search":              "",
		"GET /p/7/blame":                   "",
		"GET /p/7/blame?range[start]=one":  "range[start] is",
		"POST /p/7/retry":                  "",
		`POST /p/7/publish {"state":"ok"}`: "",
		`POST /p/7/publish {"stat":"ok"}`:  "/stat",
		"GET /p/7/notes":                   "no such operation",
	} {
		check := NewChecker(t, d, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
		call, body, _ := strings.Cut(ask, " {")
		if body != "" {
			body = "{" + body
		}
		method, path, _ := strings.Cut(call, " ")
		req := httptest.NewRequest(method, path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		check.ServeHTTP(httptest.NewRecorder(), req)
		if got := strings.Join(check.Violations(), "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: it says %q, want %q", ask, got, want)
		}
	}
}
