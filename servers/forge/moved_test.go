package forge

import (
	"net/url"
	"testing"

	"github.com/loom-core/loom/servers/kit/upstream"
)

// TestStays: what is sent on within a repository is followed, and nothing else is.
func TestStays(t *testing.T) {
	p := Program{Service: upstream.Service{Name: "X"}}
	for _, tc := range []struct {
		from, to string
		ok       bool
	}{
		{"/api/v1/repos/a/b", "/api/v1/repos/a/c", false},
		{"/api/v1/repos/a/b/contents/x", "/api/v1/repos/A/B/contents/x", true},
		{"/repos/a/b/contents/a/b", "/repositories/12/contents/repos/a/b", false},
		{"/repos/a/b/contents/repos/x/y", "/repos/x/y/contents/repos/a/b", false},
		{"/api/v3/repos/a/b/tarball/main", "/_codeload/a/b/legacy.tar.gz/main", true},
		{"/api/v3/repos/a/b/tarball/main", "/_codeload/a/c/legacy.tar.gz/main", false},
		{"/repos/a/b", "/login", false},
		{"/api/v4/projects/g%2Fa", "/api/v4/projects/17", false},
		{"/api/v4/projects/g%2Fa/releases/latest", "/api/v4/projects/g%2fa/releases/v1", true},
		{"/api/v4/user", "/api/v4/users/1", true},
	} {
		from, _ := url.Parse("https://x.test" + tc.from)
		to, _ := url.Parse("https://x.test" + tc.to)
		if err := p.stays(from, to); (err == nil) != tc.ok {
			t.Errorf("%s to %s: %v", tc.from, tc.to, err)
		}
	}
}
