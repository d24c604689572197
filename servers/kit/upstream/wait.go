package upstream

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// longestSaid bounds what is believed and passed on.
const longestSaid = 30 * 24 * time.Hour

// retryAfter is how long the server wants us to wait. Said is false when it
// did not say, or nothing that can be read.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, said bool) {
	// Times are the server's: what counts is how far they are from its clock.
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	if wait, said = parseWait(h.Get("Retry-After"), now); said {
		return wait, true
	}
	for _, prefix := range []string{"X-RateLimit-", "RateLimit-", "X-Rate-Limit-"} {
		// With something left this is not the limit that was hit.
		if left := strings.TrimSpace(h.Get(prefix + "Remaining")); left != "" && left != "0" {
			continue
		}
		if wait, said = parseWait(h.Get(prefix+"Reset"), now); said {
			return wait, true
		}
	}
	return 0, false
}

// parseWait reads seconds, an HTTP date, a unix time in s or ms, and what
// proxies write that ought to write one of these: 1.5, 1m0s.
func parseWait(text string, now time.Time) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	var wait time.Duration
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case n != n || n < 0:
			return 0, false
		case n > 1e15: // none of the units
			return 0, false
		case n > 1e11:
			wait = time.UnixMilli(int64(n)).Sub(now)
		case n > 1e9:
			wait = time.Unix(int64(n), 0).Sub(now)
		default:
			wait = time.Duration(min(n, longestSaid.Seconds()) * float64(time.Second))
		}
	} else if t, err := http.ParseTime(text); err == nil {
		wait = t.Sub(now)
	} else if wait, err = kit.ParseDuration(text); err != nil {
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 {
			return 0, false
		}
	}
	return min(max(wait, 0), longestSaid), true
}
