package main

import (
	"net/url"
	"strings"
)

// locate makes the root of the APIs of the URL that people know a GitHub by. On
// GitHub.com and in a cloud with data residency that is a host of its own, and
// REST is at its root; an Enterprise Server has both below /api.
func locate(u *url.URL) {
	host := strings.ToLower(u.Hostname())
	switch {
	case host == "github.com" || host == "www.github.com" || host == "api.github.com":
		u.Scheme, u.Host, u.Path = "https", "api.github.com", "" // no token goes there in the clear
	case strings.HasSuffix(host, ".ghe.com"):
		if !strings.HasPrefix(host, "api.") {
			u.Host = "api." + u.Host
		}
		u.Scheme, u.Path = "https", ""
	default:
		for _, tail := range []string{"/v3", "/graphql", "/api"} {
			u.Path = strings.TrimSuffix(u.Path, tail)
		}
		u.Path += "/api"
	}
	u.RawPath = ""
}

// restPath is where REST is below the root.
func restPath(root *url.URL) string {
	if strings.HasSuffix(root.Path, "/api") {
		return "v3/"
	}
	return ""
}
