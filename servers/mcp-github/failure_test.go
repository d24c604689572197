package main

import (
	"net/http"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestFailures have a code, GitHub's own words and what to do.
func TestFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		code   kit.Code
		words  []string
	}{
		"private":    {reply(404, `{"message":"Not Found"}`), kit.NotFound, []string{"may not see", "list_issues"}},
		"no token":   {reply(401, `{"message":"Bad credentials"}`), kit.Unauthenticated, []string{"Bad credentials", "GITHUB_"}},
		"scope":      {reply(403, `{"message":"Must have admin rights"}`, "X-OAuth-Scopes: read:org, gist", "X-Accepted-OAuth-Scopes: repo"), kit.PermissionDenied, []string{"lacks a scope: repo (it has read:org, gist)"}},
		"no scope":   {reply(404, `{"message":"Not Found"}`, "X-OAuth-Scopes: ", "X-Accepted-OAuth-Scopes: repo, public_repo"), kit.NotFound, []string{"lacks a scope: repo or public_repo (it has none)"}},
		"enough":     {reply(403, `{"message":"no"}`, "X-OAuth-Scopes: repo, admin:org", "X-Accepted-OAuth-Scopes: read:org"), kit.PermissionDenied, []string{"no"}},
		"permission": {reply(403, `{"message":"Resource not accessible by personal access token"}`, "X-Accepted-GitHub-Permissions: issues=write; pull_requests=write"), kit.PermissionDenied, []string{"it takes the permission issues=write or pull_requests=write"}},
		"sso":        {reply(403, `{"message":"Resource protected by organization SAML enforcement."}`, "X-GitHub-SSO: required; url=https://github.com/orgs/acme/sso?x=y"), kit.PermissionDenied, []string{"single sign-on: https://github.com/orgs/acme/sso?x=y"}},
		"primary":    {reply(403, `{"message":"API rate limit exceeded"}`, "X-RateLimit-Remaining: 0", "Date: Sun, 01 Nov 2026 10:00:00 GMT", "X-RateLimit-Reset: 1793527500"), kit.RateLimited, []string{`"retry_after_s":300`, "again in 5m"}},
		"secondary":  {reply(403, `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`), kit.RateLimited, []string{`"retry_after_s":60`, "secondary rate limit"}},
		"wait":       {reply(429, `{"message":"slow down"}`, "Retry-After: 120"), kit.RateLimited, []string{`"retry_after_s":120`}},
		"invalid":    {reply(422, `{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing_field"}]}`), kit.InvalidArgument, []string{"Validation Failed: Issue title is missing field"}},
		"texts":      {reply(422, `{"message":"Unprocessable Entity","errors":["Line could not be resolved"]}`), kit.InvalidArgument, []string{"Line could not be resolved"}},
		"one text":   {reply(422, `{"message":"Validation Failed","errors":"Could not be"}`), kit.InvalidArgument, []string{"Could not be"}},
		"own review": {reply(422, `{"message":"Unprocessable Entity","errors":["Can not approve your own pull request"]}`), kit.FailedPrecondition, []string{"your own"}},
		"there":      {reply(422, `{"message":"Reference already exists"}`), kit.Conflict, nil},
		"no room":    {reply(422, `{"message":"Reference update failed"}`), kit.FailedPrecondition, []string{"a/b is below a"}},
		"gone":       {reply(410, `{"message":"This issue was deleted"}`), kit.NotFound, []string{"was deleted"}},
		"down":       {reply(502, "<html>"), kit.Unavailable, []string{`"retryable":true`}},
		"login page": {reply(200, "<html>", "Content-Type: text/html"), kit.FailedPrecondition, []string{"GITHUB_URL"}},
		"half":       {reply(200, `{"number":1,"tit`), kit.Unavailable, []string{"broken JSON"}},
		"type":       {reply(200, `{"number":"one"}`), kit.Unavailable, []string{"version of GitHub"}},
	} {
		t.Run(name, func(t *testing.T) {
			u := newFake(t).on("GET "+repo+"/issues/1", tc.answer)
			has(t, u.connect(t).MustFail("get_issue", a("number", 1), tc.code), tc.words...)
		})
	}
}

func TestHolds(t *testing.T) {
	for _, tc := range []struct {
		have, need string
		want       bool
	}{
		{"repo", "repo", true}, {"repo", "public_repo", true}, {"repo", "repo:status", true}, {"public_repo", "repo", false},
		{"admin:org", "read:org", true}, {"write:org", "read:org", true}, {"read:org", "write:org", false}, {"gist", "repo", false},
		{"admin:org", "read:packages", false}, {"", "repo", false},
	} {
		if holds(fields(tc.have), tc.need) != tc.want {
			t.Errorf("%q holds %q: want %v", tc.have, tc.need, tc.want)
		}
	}
}
