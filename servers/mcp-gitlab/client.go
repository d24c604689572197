package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	gl "gitlab.com/gitlab-org/api/client-go/v2"
	"golang.org/x/time/rate"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// gitlab is one instance. It is the backend of the tools.
type gitlab struct {
	http *upstream.Client
	api  *gl.Client // of http, without tries and limits of its own

	mu      sync.Mutex
	me      *gl.User // whose token it is, once it was asked; guarded by mu
	version string   // of the server, once it was asked; guarded by mu
}

func newGitLab(c *upstream.Client) (*gitlab, error) {
	api, err := gl.NewAuthSourceClient(gl.Unauthenticated{}, // who we are, the transport says
		gl.WithBaseURL(c.Base().String()), gl.WithHTTPClient(c.Library()), gl.WithoutRetries(), gl.WithCustomLimiter(rate.NewLimiter(rate.Inf, 0)))
	if err != nil {
		return nil, err
	}
	return &gitlab{http: c, api: api}, nil
}

// in is the context of a call of the library.
func in(ctx context.Context) gl.RequestOptionFunc { return gl.WithContext(ctx) }

// wrap is for errors of the library.
func wrap(ctx context.Context, err error) error { return forge.LibraryError(ctx, "GitLab", err) }

// status is that of an answer which was an error, 0 for other errors.
func status(err error) int {
	var e *kit.Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// absent reports that an instance does not have something, or not for us: it is
// of another version or tier, or the role does not reach.
func absent(err error) bool {
	s := status(err)
	return s == http.StatusNotFound || s == http.StatusForbidden || s == http.StatusUnauthorized
}

// project is the path of the API below a project. tail is escaped already.
func project(repo, tail string) string {
	return "api/v4/projects/" + gl.PathEscape(repo) + "/" + tail
}

// page is the address of a page that people look at, empty where a project has
// only a number.
func (g *gitlab) page(repo, tail string) string {
	if !strings.Contains(repo, "/") {
		return ""
	}
	return strings.TrimSuffix(g.http.Base().String(), "/") + "/" + repo + "/-/" + tail
}
