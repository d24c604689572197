package gitlab_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed/standin/gitlab"
)

// ask is a request with a token, without a client's opinions.
func ask(t *testing.T, method, url, token, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	ok(t, "a request", err)
	r.Header.Set("Private-Token", token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(r)
	ok(t, "asking", err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	ok(t, "reading", err)
	return res, string(text)
}

// next is the link to the rest of a list, empty if there is none.
func next(res *http.Response) string {
	for link := range strings.SplitSeq(res.Header.Get("Link"), ", ") {
		if target, rel, _ := strings.Cut(link, "; "); rel == `rel="next"` {
			return strings.Trim(target, "<>")
		}
	}
	return ""
}

// TestPages: by number with totals and without, and by cursor, whose links are
// followed until there are none.
func TestPages(t *testing.T) {
	lab, _, _ := start(t)
	token := lab.User("ann")
	for i := range 25 {
		gitlab.Forge{Lab: lab, Author: "ann"}.Issue(t, repo, fmt.Sprint(i), "")
	}
	base := lab.URL + "/api/v4/projects/" + url.PathEscape(repo) + "/issues?per_page=10"
	for name, tc := range map[string]struct {
		query, total, second string
		noTotals             bool
	}{
		"by number":      {"", "25", "2", false},
		"without totals": {"", "", "2", true},
		"by cursor":      {"&pagination=keyset&order_by=created_at", "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			lab.Set(func(s *gitlab.Switches) { s.NoTotals = tc.noTotals })
			at, seen := base+tc.query, map[int]bool{}
			for pages := 0; at != "" && pages < 5; pages++ {
				res, text := ask(t, "GET", at, token, "")
				var list []struct{ IID int }
				ok(t, "a list", json.Unmarshal([]byte(text), &list))
				for _, i := range list {
					seen[i.IID] = true
				}
				if pages == 0 && (res.Header.Get("X-Total") != tc.total || res.Header.Get("X-Next-Page") != tc.second) {
					t.Errorf("the headers are %v", res.Header)
				}
				at = next(res)
			}
			if len(seen) != 25 {
				t.Errorf("the pages have %d issues", len(seen))
			}
		})
	}
}

// TestRefusals are the forms in which GitLab says no.
func TestRefusals(t *testing.T) {
	lab, _, _ := start(t)
	at := lab.URL + "/api/v4/projects/" + url.PathEscape(repo)
	lab.Project("acme/secret")
	lab.Hide("acme/secret", "rob")
	for name, tc := range map[string]struct {
		user, ask, body string
		set             func(*gitlab.Switches)
		status          int
		says            string
	}{
		"nobody":            {"", "GET " + at, "", nil, 401, `{"message":"401 Unauthorized"}`},
		"hidden":            {"rob", "GET " + lab.URL + "/api/v4/projects/acme%2Fsecret", "", nil, 404, `{"message":"404 Project Not Found"}`},
		"no such path":      {"ann", "GET " + at + "/nothing", "", nil, 404, `{"error":"404 Not Found"}`},
		"a missing title":   {"ann", "POST " + at + "/issues", `{}`, nil, 400, `{"error":"title is missing"}`},
		"an empty title":    {"ann", "POST " + at + "/issues", `{"title":""}`, nil, 400, `{"message":{"title":["can't be blank"]}}`},
		"a value":           {"ann", "GET " + at + "/issues?state=bogus", "", nil, 400, `{"error":"state does not have a valid value"}`},
		"no JSON":           {"ann", "POST " + at + "/issues", `{`, nil, 400, "problem in the JSON"},
		"the same branches": {"ann", "POST " + at + "/merge_requests", `{"title":"x","source_branch":"main","target_branch":"main"}`, nil, 422, `{"message":["You can't use same`},
		"no source branch":  {"ann", "POST " + at + "/merge_requests", `{"title":"x","source_branch":"no","target_branch":"main"}`, nil, 400, `{"message":{"source_branch":["does not exist"]}}`},
		"before that":       {"ann", "POST " + at + "/merge_requests", `{"title":"x","source_branch":"older","target_branch":"main"}`, func(s *gitlab.Switches) { s.Version = "18.8.0" }, 201, `"detailed_merge_status":"commits_status"`},
		"a file":            {"ann", "GET " + at + "/repository/files/no?ref=main", "", nil, 404, `{"message":"404 File Not Found"}`},
		"a commit":          {"ann", "GET " + at + "/repository/files/README.md?ref=no", "", nil, 404, `{"message":"404 Commit Not Found"}`},
		"premium":           {"ann", "GET " + at + "/approval_rules", "", nil, 403, `{"message":"403 Forbidden"}`},
		"all projects":      {"ann", "GET " + lab.URL + "/api/v4/projects?page=9&per_page=100", "", func(s *gitlab.Switches) { s.MaxOffset = 500 }, 405, "maximum allowed offset of 500"},
		"too much":          {"ann", "GET " + at, "", func(s *gitlab.Switches) { s.RateLimit = 0 }, 429, "Retry later"},
		"an old version":    {"ann", "GET " + lab.URL + "/api/v4/metadata", "", func(s *gitlab.Switches) { s.Version = "14.9.0" }, 404, `{"error":"404 Not Found"}`},
	} {
		t.Run(name, func(t *testing.T) {
			lab.Set(func(s *gitlab.Switches) {
				if *s = gitlab.Normal(); tc.set != nil {
					tc.set(s)
				}
			})
			token := ""
			if tc.user != "" {
				token = lab.User(tc.user)
			}
			method, target, _ := strings.Cut(tc.ask, " ")
			res, text := ask(t, method, target, token, tc.body)
			if res.StatusCode != tc.status || !strings.Contains(text, tc.says) {
				t.Errorf("it says %d %s, want %d %s", res.StatusCode, text, tc.status, tc.says)
			}
			if tc.status == 429 && (res.Header.Get("Retry-After") == "" || res.Header.Get("RateLimit-Reset") == "") {
				t.Errorf("the headers are %v", res.Header)
			}
		})
	}
	if got := lab.Unknown(); len(got) != 1 || !strings.HasSuffix(got[0], "/nothing") {
		t.Errorf("unknown are %v", got)
	}
}

// TestNulls: what is needed stays, the rest is null.
func TestNulls(t *testing.T) {
	lab, _, _ := start(t)
	lab.Set(func(s *gitlab.Switches) { s.Nulls = true })
	_, text := ask(t, "GET", lab.URL+"/api/v4/projects/acme%2Fapps%2Fweb", lab.User("ann"), "")
	var p map[string]any
	ok(t, "a project", json.Unmarshal([]byte(text), &p))
	if p["path_with_namespace"] != repo || p["namespace"] != nil || p["merge_method"] != nil {
		t.Errorf("the project is %s", text)
	}
}
