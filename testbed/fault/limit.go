package fault

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Limited is a 429 that does not say when to come again.
func Limited() Behaviour { return Status(http.StatusTooManyRequests) }

// RetryAfter is a 429 with seconds to wait. Parts of one count as a whole.
func RetryAfter(d time.Duration) Behaviour { return RetryText(seconds(d)) }

// RetryAt is a 429 with the time to wait for, as an HTTP date.
func RetryAt(d time.Duration) Behaviour {
	return func(x *exchange) { RetryText(then(d).Format(http.TimeFormat))(x) }
}

// RetryText is a 429 with any Retry-After, such as "1m0s", "-1" or "soon".
// The circuit breaker in GitLab's workhorse sends the first.
func RetryText(text string) Behaviour {
	return Together(Limited(), Header("Retry-After", text))
}

// GitHubLimit is GitHub's primary limit, which it answers with 403 or with 429:
// nothing is left until the reset.
func GitHubLimit(status int, reset time.Duration) Behaviour {
	return func(x *exchange) {
		x.invent(status, "application/json; charset=utf-8",
			fmt.Sprintf(`{"message":"API rate limit exceeded for user ID 1.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api","status":"%d"}`, status))
		x.github(0, reset)
	}
}

// GitHubSecondary is one of GitHub's secondary limits, 403 or 429: there is
// something left of the primary one, and only the text tells it from a
// permission that is missing. Retry-After comes where after is not 0.
func GitHubSecondary(status int, after time.Duration) Behaviour {
	return func(x *exchange) {
		x.invent(status, "application/json; charset=utf-8",
			fmt.Sprintf(`{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits","status":"%d"}`, status))
		x.github(4321, time.Hour)
		if after > 0 {
			x.answer.Header.Set("Retry-After", seconds(after))
		}
	}
}

func (x *exchange) github(remaining int, reset time.Duration) {
	const limit = 5000
	h := x.answer.Header
	h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-RateLimit-Used", strconv.Itoa(limit-remaining))
	h.Set("X-RateLimit-Reset", epoch(reset))
	h.Set("X-RateLimit-Resource", "core")
}

// GitLabLimit is the limit of GitLab's front: 429 in plain text, with headers
// that are called as GitHub's are but for the X-.
func GitLabLimit(reset time.Duration) Behaviour {
	return func(x *exchange) {
		x.invent(http.StatusTooManyRequests, "text/plain", "Retry later\n")
		h := x.answer.Header
		h.Set("RateLimit-Name", "throttle_authenticated_api")
		h.Set("RateLimit-Limit", "60")
		h.Set("RateLimit-Observed", "67")
		h.Set("RateLimit-Remaining", "0")
		h.Set("RateLimit-Reset", epoch(reset))
		h.Set("Retry-After", seconds(reset))
	}
}

// GitLabEndpointLimit is the limit of one endpoint of GitLab, of exports and
// searches: 429 in JSON, without a header.
func GitLabEndpointLimit() Behaviour {
	return Answer(http.StatusTooManyRequests, jsonKind, `{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`)
}

// GiteaBusy is a Gitea that has too much to do: 503 without Retry-After. It has
// no limit of its own; a 429 comes from what stands before it, which is
// [ProxyLimit] or [XRateLimit].
func GiteaBusy() Behaviour {
	return Answer(http.StatusServiceUnavailable, "text/plain; charset=utf-8", "Service Unavailable\n")
}

// ProxyLimit is the 429 of a proxy before a service: a page, and no header.
func ProxyLimit() Behaviour { return ErrorPage(http.StatusTooManyRequests) }

// XRateLimit is the 429 of a gateway that has GitHub's names for its headers, but
// the seconds that are left where GitHub has the time.
func XRateLimit(reset time.Duration) Behaviour {
	return func(x *exchange) {
		x.invent(http.StatusTooManyRequests, jsonKind, `{"message":"rate limit exceeded"}`)
		h := x.answer.Header
		h.Set("X-RateLimit-Limit", "100")
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-RateLimit-Reset", seconds(reset))
	}
}

// seconds is a duration in whole seconds, rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// then is the whole second that comes not before d has passed.
func then(d time.Duration) time.Time {
	return time.Now().Add(d + time.Second - 1).UTC().Truncate(time.Second)
}

func epoch(d time.Duration) string { return strconv.FormatInt(then(d).Unix(), 10) }
