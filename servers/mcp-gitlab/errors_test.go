package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestErrors have a code, GitLab's own words in all forms it has for them, and
// what to do.
func TestErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		code   kit.Code
		words  []string
	}{
		"private":  {reply(404, `{"message":"404 Project Not Found"}`), kit.NotFound, []string{"may not see", "list_issues"}},
		"no token": {reply(401, `{"message":"401 Unauthorized"}`), kit.Unauthenticated, []string{"GITLAB_"}},
		"revoked":  {reply(401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`), kit.Unauthenticated, []string{"Token was revoked"}},
		"scope":    {reply(403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`), kit.PermissionDenied, []string{"api read_api"}},
		"tier":     {reply(403, `{"message":"403 Forbidden"}`), kit.PermissionDenied, []string{"tier"}},
		"fields":   {reply(400, `{"message":{"title":["can't be blank","is too short"],"base":["It is wrong"]}}`), kit.InvalidArgument, []string{"It is wrong; title can't be blank; is too short"}},
		"error":    {reply(400, `{"error":"state does not have a valid value"}`), kit.InvalidArgument, []string{"state does not have a valid value"}},
		"list":     {reply(422, `{"message":["one","two"]}`), kit.InvalidArgument, []string{"one; two"}},
		"taken":    {reply(400, `{"message":{"name":["has already been taken"]}}`), kit.Conflict, nil},
		"conflict": {reply(409, `{"message":["Another open merge request already exists for this source branch: !5"]}`), kit.Conflict, []string{"!5"}},
		"offset":   {reply(405, `{"error":"Offset pagination has a maximum allowed offset of 50000 for requests that return objects of type Issue. Remaining records can be retrieved using keyset pagination."}`), kit.InvalidArgument, []string{"narrow"}},
		"limit": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.Header().Set("RateLimit-Remaining", "0")
			io.WriteString(statusOnly(w, 429), "Retry later\n")
		}, kit.RateLimited, []string{`"retry_after_s":60`}},
		"down": {reply(502, "<html>"), kit.Unavailable, []string{`"retryable":true`}},
		"login page": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>")
		}, kit.FailedPrecondition, []string{"GITLAB_URL"}},
		"half":         {reply(200, `{"iid":1,"tit`), kit.Unavailable, []string{"broken JSON"}},
		"another type": {reply(200, `{"iid":"one"}`), kit.Unavailable, []string{"version of GitLab"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := newFake(t).on("GET {}/issues/1", tc.answer).connect(t).MustFail("get_issue", a("number", 1), tc.code)
			for _, word := range tc.words {
				if !strings.Contains(text, word) {
					t.Errorf("there is no %q in %s", word, text)
				}
			}
			if strings.Contains(text, token) {
				t.Error("the token is shown")
			}
		})
	}
}

func statusOnly(w http.ResponseWriter, status int) io.Writer {
	w.WriteHeader(status)
	return w
}

// TestWritesOnce: a write that may have been done is not done again.
func TestWritesOnce(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"502": reply(502, "{}"), "cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		u := newFake(t).on("POST {}/issues", answer)
		u.Config.ErrorLog = nil
		u.connect(t).MustFail("create_issue", a("title", "x"), kit.Unavailable)
		if posts := len(u.sent("POST {}/issues")); posts != 1 {
			t.Errorf("%s: %d posts", name, posts)
		}
	}
}

// TestToken is a bearer, unless a header of GitLab's own is set for it.
func TestToken(t *testing.T) {
	u := newFake(t)
	u.connect(t).MustText("get_me", nil)
	u.connect(t, "GITLAB_TOKEN", "", "GITLAB_HEADERS", `{"PRIVATE-TOKEN":"`+token+`"}`).MustText("get_me", nil)
	asked := u.sent("GET /user")
	if got := asked[0].Header.Get("Authorization"); got != "Bearer "+token {
		t.Errorf("the first asked with %q", got)
	}
	if got := asked[1].Header; got.Get("PRIVATE-TOKEN") != token || got.Get("Authorization") != "" {
		t.Errorf("the second asked with %v", got)
	}
}

// TestMe has what GitLab tells a token, and lives without what it does not.
func TestMe(t *testing.T) {
	limited := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("RateLimit-Remaining", "1999")
		w.Header().Set("RateLimit-Reset", "1793000000")
		reply(200, `{"id":1,"username":"ann"}`)(w, r)
	}
	full := newFake(t).on("GET /user", limited).on("GET /personal_access_tokens/self", reply(200, `{"scopes":["read_api"]}`)).on("GET /metadata", reply(200, `{"version":"18.5.0-ee"}`))
	text := full.connect(t).MustText("get_me", nil)
	for _, want := range []string{"read_api", "18.5.0-ee", "1999", "2026-10-26T"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in %s", want, text)
		}
	}
	old := newFake(t).on("GET /version", reply(200, `{"version":"14.0.1"}`))
	if text := old.connect(t).MustText("get_me", nil); !strings.Contains(text, "14.0.1") || !strings.Contains(text, "login: ann") {
		t.Errorf("an old one: %s", text)
	}
}

// TestTiers: what a tier does not have is a note, and no error.
func TestTiers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{"free": reply(404, `{"message":"404 Not Found"}`), "role": reply(403, `{"message":"403 Forbidden"}`)} {
		u := newFake(t).on("GET "+repo, reply(200, `{"path_with_namespace":"a/b/c","default_branch":"main","only_allow_merge_if_pipeline_succeeds":true}`)).
			on("GET {}/repository/branches/main", reply(200, `{"name":"main","protected":true,"can_push":false}`)).on("GET {}/approval_rules", answer)
		text := u.connect(t).MustText("get_repo", a())
		for _, want := range []string{"approval rules are not to be had", "protected: true", "we may not push to main", "the pipeline has to succeed"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: there is no %q in %s", name, want, text)
			}
		}
	}
	u := newFake(t).on("GET "+repo, reply(200, `{"path_with_namespace":"a/b/c","default_branch":"main"}`)).on("GET {}/repository/branches/main", reply(200, `{"name":"main"}`)).
		on("GET {}/approval_rules", reply(200, `[{"name":"Security","approvals_required":2,"protected_branches":[{"name":"main"}]},{"name":"Other","approvals_required":5,"protected_branches":[{"name":"stable"}]},{"name":"Any","approvals_required":1,"protected_branches":null}]`))
	if text := u.connect(t).MustText("get_repo", a()); !strings.Contains(text, "required_approvals: 2") || strings.Contains(text, "Other") {
		t.Errorf("with rules: %s", text)
	}
}
