package main

import (
	"net/url"
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
)

// TestLocate: the URLs that people write, and those of the APIs.
func TestLocate(t *testing.T) {
	for from, want := range map[string][2]string{
		"https://github.com":                 {"https://api.github.com", ""},
		"https://www.GitHub.com/":            {"https://api.github.com", ""},
		"https://api.github.com":             {"https://api.github.com", ""},
		"https://api.github.com/graphql":     {"https://api.github.com", ""},
		"http://github.com":                  {"https://api.github.com", ""},
		"https://acme.ghe.com":               {"https://api.acme.ghe.com", ""},
		"https://api.acme.ghe.com":           {"https://api.acme.ghe.com", ""},
		"https://ghe.corp":                   {"https://ghe.corp/api", "v3/"},
		"https://ghe.corp:8443/api/v3":       {"https://ghe.corp:8443/api", "v3/"},
		"https://ghe.corp/api/graphql":       {"https://ghe.corp/api", "v3/"},
		"https://corp/tools/github":          {"https://corp/tools/github/api", "v3/"},
		"https://corp/tools/github/api":      {"https://corp/tools/github/api", "v3/"},
		"http://127.0.0.1:3000":              {"http://127.0.0.1:3000/api", "v3/"},
		"https://github.com.evil.example":    {"https://github.com.evil.example/api", "v3/"},
		"https://acme.ghe.com.evil.example/": {"https://acme.ghe.com.evil.example/api", "v3/"},
	} {
		s := forgetest.Server(t, program, map[string]string{"GITHUB_URL": from})
		if s == nil {
			t.Fatal(from)
		}
		u, _ := url.Parse(from)
		if u.Path == "/" {
			u.Path = ""
		}
		if locate(u); u.String() != want[0] || restPath(u) != want[1] {
			t.Errorf("%s: %s and %q, want %v", from, u, restPath(u), want)
		}
	}
}
