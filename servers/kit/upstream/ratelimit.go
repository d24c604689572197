package upstream

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

// secondaryWait is what GitHub asks of who is limited and is not told how long.
const secondaryWait = time.Minute

var saysLimited = regexp.MustCompile(`(?i)rate limit|abuse detection`)

// limited reports whether an answer refuses because of how much was asked and
// not because of who asks: a forge may say 403 for both. wait is there where
// only the text of the answer tells.
func (r *Response) limited() (wait time.Duration, yes bool) {
	if r.Status != http.StatusForbidden && r.Status != http.StatusTooManyRequests {
		return 0, false
	}
	_, said := retryAfter(r.Header, time.Now())
	out := strings.TrimSpace(r.Header.Get("X-RateLimit-Remaining")) == "0"
	switch {
	case said && (out || r.Header.Get("Retry-After") != ""):
		return 0, true
	case saysLimited.MatchString(r.said()):
		return secondaryWait, true
	}
	return 0, out || r.Status == http.StatusTooManyRequests
}
