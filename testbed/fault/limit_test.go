package fault_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/fault"
)

// TestLimits: each form has its status, its headers and a time that is right.
func TestLimits(t *testing.T) {
	const d = 1500 * time.Millisecond // 2 s for who knows whole ones only
	for _, tc := range []struct {
		name    string
		limit   fault.Behaviour
		status  int
		headers map[string]string // ? = a time, EPOCH = d from now, DATE = the same
		absent  string
		body    string
	}{
		{"bare", fault.Limited(), 429, nil, "Retry-After", ""},
		{"seconds", fault.RetryAfter(d), 429, map[string]string{"Retry-After": "2"}, "", ""},
		{"date", fault.RetryAt(d), 429, map[string]string{"Retry-After": "DATE"}, "", ""},
		{"text", fault.RetryText("1m0s"), 429, map[string]string{"Retry-After": "1m0s"}, "", ""},
		{"GitHub 403", fault.GitHubLimit(403, d), 403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "EPOCH", "X-RateLimit-Resource": "core"}, "Retry-After", "API rate limit exceeded"},
		{"GitHub 429", fault.GitHubLimit(429, d), 429, map[string]string{"X-RateLimit-Used": "5000"}, "Retry-After", `"status":"429"`},
		{"GitHub secondary", fault.GitHubSecondary(403, 0), 403, map[string]string{"X-RateLimit-Remaining": "4321"}, "Retry-After", "secondary rate limit"},
		{"GitHub secondary with time", fault.GitHubSecondary(403, d), 403, map[string]string{"Retry-After": "2"}, "", "secondary rate limit"},
		{"GitLab", fault.GitLabLimit(d), 429, map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": "EPOCH", "Retry-After": "2"}, "X-RateLimit-Remaining", "Retry later"},
		{"GitLab endpoint", fault.GitLabEndpointLimit(), 429, nil, "Retry-After", "requested too many times"},
		{"Gitea", fault.GiteaBusy(), 503, nil, "Retry-After", "Service Unavailable"},
		{"proxy", fault.ProxyLimit(), 429, map[string]string{"Content-Type": "text/html"}, "Retry-After", "Too Many Requests"},
		{"gateway", fault.XRateLimit(d), 429, map[string]string{"X-RateLimit-Reset": "2", "X-RateLimit-Remaining": "0"}, "Retry-After", "limit"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, s, c := front(t)
			f.On(fault.First(1, fault.Any), tc.limit)
			before := time.Now()
			got := get(t, c, f.URL)
			after := time.Now()
			if got.status != tc.status || !strings.Contains(got.body, tc.body) || got.header.Get(tc.absent) != "" {
				t.Errorf("%d %v %s", got.status, got.header, got.body)
			}
			for name, want := range tc.headers {
				value := got.header.Get(name)
				var when time.Time
				switch want {
				case "EPOCH":
					n, _ := strconv.ParseInt(value, 10, 64)
					when = time.Unix(n, 0)
				case "DATE":
					when, _ = http.ParseTime(value)
				default:
					if value != want {
						t.Errorf("%s is %q, want %q", name, value, want)
					}
					continue
				}
				if when.Before(before.Add(d)) || when.After(after.Add(d+time.Second)) {
					t.Errorf("%s is %s, want %s after %s", name, value, d, before)
				}
			}
			if got := get(t, c, f.URL); got.body != text || s.asked.Load() != 1 {
				t.Errorf("after the limit: %+v", got)
			}
		})
	}
}
