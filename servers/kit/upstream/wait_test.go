package upstream

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, tc := range []struct {
		headers [][2]string
		want    time.Duration // -1: not said
	}{
		{nil, -1},
		{[][2]string{{"Retry-After", "3"}}, 3 * time.Second},
		{[][2]string{{"Retry-After", " 0 "}}, 0},
		{[][2]string{{"Retry-After", "1.5"}}, 1500 * time.Millisecond},
		{[][2]string{{"Retry-After", "1m0s"}}, time.Minute},
		{[][2]string{{"Retry-After", "500ms"}}, 500 * time.Millisecond},
		{[][2]string{{"Retry-After", "-1"}}, -1},
		{[][2]string{{"Retry-After", "soon"}}, -1},
		{[][2]string{{"Retry-After", "NaN"}}, -1},
		{[][2]string{{"Retry-After", "9999999999999999999999"}}, -1},
		{[][2]string{{"Retry-After", "999999999"}}, longestSaid},
		{[][2]string{{"Retry-After", at(time.Minute)}}, time.Minute},
		{[][2]string{{"Retry-After", at(-time.Minute)}}, 0},
		{[][2]string{{"Retry-After", "1795348830"}}, 30 * time.Second},
		{[][2]string{{"Date", at(time.Hour)}, {"Retry-After", at(time.Hour + 2*time.Second)}}, 2 * time.Second},
		{[][2]string{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1795348805"}}, 5 * time.Second},
		{[][2]string{{"X-RateLimit-Remaining", "4321"}, {"X-RateLimit-Reset", "1795348805"}}, -1},
		{[][2]string{{"X-RateLimit-Reset", "7"}}, 7 * time.Second},
		{[][2]string{{"RateLimit-Reset", "1795348809"}}, 9 * time.Second},
		{[][2]string{{"RateLimit-Reset", "1795348809000"}}, 9 * time.Second},
		{[][2]string{{"Retry-After", "soon"}, {"RateLimit-Reset", "4"}}, 4 * time.Second},
	} {
		h := make(http.Header)
		for _, p := range tc.headers {
			h.Set(p[0], p[1])
		}
		got, said := retryAfter(h, now)
		if said != (tc.want >= 0) || said && got != tc.want {
			t.Errorf("%v: %v %v, want %v", tc.headers, got, said, tc.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"1", "1m0s", "1e400", "Sun, 22 Nov 2026 12:00:00 GMT", "1795348805"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, said := parseWait(text, time.Unix(1795348800, 0)); d < 0 || d > longestSaid || !said && d != 0 {
			t.Errorf("%q: %v %v", text, d, said)
		}
	})
}
