package contract

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGitHubDescription: the official one is read, and refuses what is wrong.
func TestGitHubDescription(t *testing.T) {
	for _, version := range []string{GitHubCom, GHES317, GHES318, GHES319} {
		t.Run(version, func(t *testing.T) {
			d := GitHub(t, version)
			for ask, want := range map[string]string{
				"GET /repos/o/r/issues?state=all&labels=a,b&since=2026-11-01T00:00:00Z": "",
				"GET /repos/o/r/issues?state=bogus":                                     "state is",
				"GET /repos/o/r/issues?perPage=3":                                       "no query parameter perPage",
				"GET /repos/o/r/contents/a/b.txt?ref=fix/login":                         "",
				"GET /repos/o/r/compare/main...fix/login?per_page=1":                    "",
				`POST /repos/o/r/issues {"title":"x","labels":["a"],"assignees":["b"]}`: "",
				`POST /repos/o/r/issues {"title":"x","lables":["a"]}`:                   "/lables",
				`POST /repos/o/r/pulls/1/reviews {"event":"APPROVE"}`:                   "",
				`POST /repos/o/r/pulls/1/reviews {"event":"approve"}`:                   "/event",
			} {
				check := NewChecker(t, d, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) }))
				call, body, _ := strings.Cut(ask, " {")
				method, path, _ := strings.Cut(call, " ")
				if body != "" {
					body = "{" + body
				}
				req := httptest.NewRequest(method, d.Prefix+path, strings.NewReader(body))
				req.Header.Set("Content-Type", "application/json")
				check.ServeHTTP(httptest.NewRecorder(), req)
				got := strings.Join(check.Violations(), "\n")
				if (got == "") != (want == "") || !strings.Contains(got, want) {
					t.Errorf("%s: it says %q, want %q", ask, got, want)
				}
			}
		})
	}
}

// TestGraphQL: documents and variables are held against GitHub's own schema.
func TestGraphQL(t *testing.T) {
	s := GitHubSchema(t)
	for document, want := range map[string]string{
		`query { viewer { login } }`: "",
		`query { viewer { logn } }`:  `Cannot query field "logn" on type "User"`,
		`mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { id isResolved } } }`: "",
		`mutation($id: Int!) { resolveReviewThread(input: {threadId: $id}) { thread { id } } }`:           `"ID!"`,
	} {
		if got := strings.Join(s.Check(document), "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", document, got, want)
		}
	}
	check := NewChecker(t, GitHub(t, GHES319), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	check.GraphQL = s
	const document = `query One($n: Int!) { repository(owner: \"o\", name: \"r\") { issue(number: $n) { title } } }`
	for _, variables := range []string{`{"n":1}`, `{"n":"one"}`, `{"n":1,"m":2}`, `{}`} {
		check.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/api/graphql", io.MultiReader(
			strings.NewReader(`{"query":"`+document+`","variables":`), strings.NewReader(variables+`}`))))
	}
	if got := check.Violations(); len(got) != 3 {
		t.Errorf("it says %q", got)
	}
}

// TestGitLabDescription: requests alone, for GitLab's definitions are missing.
func TestGitLabDescription(t *testing.T) {
	d := GitLab(t)
	for ask, want := range map[string]string{
		"GET /api/v4/projects/acme%2Fweb/merge_requests?state=opened&page=2": "",
		"GET /api/v4/projects/acme%2Fweb/merge_requests?state=bogus":         "state is",
		"GET /api/v4/projects/acme%2Fweb/merge_requests?stat=opened":         "did you mean state?",
		"GET /api/v4/projects/acme/web/merge_requests":                       "no such operation",
		"GET /api/v4/projects/acme%2Fweb/jobs/7/trace":                       "",
		"GET /api/v4/projects/7/jobs/seven/trace":                            "job_id is",
	} {
		check := NewChecker(t, d, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }))
		method, path, _ := strings.Cut(ask, " ")
		check.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
		if got := strings.Join(check.Violations(), "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: it says %q, want %q", ask, got, want)
		}
	}
}

// TestGraphQLDocuments: what our servers send to GitHub's GraphQL API fits it.
func TestGraphQLDocuments(t *testing.T) {
	s := GitHubSchema(t)
	files, err := filepath.Glob("../../servers/mcp-github/graphql/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("mcp-github has no documents: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range s.Check(string(text)) {
			t.Errorf("%s: %s", filepath.Base(file), problem)
		}
	}
}
