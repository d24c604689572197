package kit_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestParseTime(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"2026-11-01T15:04:05Z", "2026-11-01T15:04:05Z"},
		{"2026-11-01T15:04:05.123456789+02:00", "2026-11-01T13:04:05.123Z"},
		{"2026-11-01", "2026-11-01T00:00:00Z"},
		{"2026-11-01 15:04", "2026-11-01T15:04:00Z"},
		{"2026-11-01 15:04+02:00", "2026-11-01T13:04:00Z"},
		{"2026-11-01T15:04:05", "2026-11-01T15:04:05Z"},
		{"1793545445", "2026-11-01T15:04:05Z"},
		{"1793545445.5", "2026-11-01T15:04:05.5Z"},
		{"1793545445000", "2026-11-01T15:04:05Z"},
		{"1793545445000000", "2026-11-01T15:04:05Z"},
		{"1793545445000000000", "2026-11-01T15:04:05Z"},
		{"0", "1970-01-01T00:00:00Z"},
		{"now", "2026-11-22T12:00:00Z"},
		{"NOW", "2026-11-22T12:00:00Z"},
		{"now-15m", "2026-11-22T11:45:00Z"},
		{"now - 15m", "2026-11-22T11:45:00Z"},
		{"now+1h", "2026-11-22T13:00:00Z"},
		{"15m", "2026-11-22T11:45:00Z"},
		{"-15m", "2026-11-22T11:45:00Z"},
		{"1h30m", "2026-11-22T10:30:00Z"},
		{"2d", "2026-11-20T12:00:00Z"},
		{"1w", "2026-11-15T12:00:00Z"},
	} {
		got, err := kit.ParseTime(tc.in, now)
		if err != nil || kit.FormatTime(got) != tc.want {
			t.Errorf("ParseTime(%q) = %s, %v, want %s", tc.in, kit.FormatTime(got), err, tc.want)
		}
	}
	for _, in := range []string{"", "yesterday", "now-", "now*2", "15x", "2026-13-01", "m", "--5m", "99999999999999999999"} {
		if got, err := kit.ParseTime(in, now); err == nil {
			t.Errorf("ParseTime(%q) = %v, want an error", in, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want time.Duration
	}{{"30s", 30 * time.Second}, {"500ms", time.Second / 2}, {"1h30m", 90 * time.Minute}, {"1.5h", 90 * time.Minute}, {"1d12h", 36 * time.Hour}, {"1y", 365 * 24 * time.Hour}, {"0", 0}, {"0s", 0}} {
		if got, err := kit.ParseDuration(tc.in); err != nil || got != tc.want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", tc.in, got, err, tc.want)
		}
	}
	for _, in := range []string{"", "5", "m5", "5m5m", "5m1h", "5 m", "1e9y", "-5m", "99999999y"} {
		if got, err := kit.ParseDuration(in); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", in, got)
		}
	}
}

func TestParseRange(t *testing.T) {
	for _, tc := range []struct{ start, end, want, err, hint string }{
		{"", "", "2026-11-22T11:00:00Z 2026-11-22T12:00:00Z", "", ""},
		{"2h", "", "2026-11-22T10:00:00Z 2026-11-22T12:00:00Z", "", ""},
		{"", "now-1d", "2026-11-21T11:00:00Z 2026-11-21T12:00:00Z", "", ""},
		{"now+1h", "now+2h", "", "in the future", "start=now-1h"},
		{"now-1h", "now-2h", "", "is not before end", "start=2026-11-22T09:00:00Z end=2026-11-22T10:00:00Z"},
		{"now-1h", "now-1h", "", "is not before end", ""},
		{"30d", "", "", "the range of 30d is longer than 7d", "start=2026-11-15T12:00:00Z"},
		{"x", "", "", `argument "start": "x" is no time`, ""},
		{"", "x", "", `argument "end": "x" is no time`, ""},
	} {
		r, err := kit.ParseRange(tc.start, tc.end, now, time.Hour, 7*24*time.Hour)
		if tc.err == "" {
			if got := kit.FormatTime(r.Start) + " " + kit.FormatTime(r.End); err != nil || got != tc.want {
				t.Errorf("ParseRange(%q, %q) = %s, %v, want %s", tc.start, tc.end, got, err, tc.want)
			}
			continue
		}
		var e *kit.Error
		if !errors.As(err, &e) || e.Code != kit.InvalidArgument || !strings.Contains(e.Message, tc.err) || !strings.Contains(e.Hint, tc.hint) {
			t.Errorf("ParseRange(%q, %q) = %v, want %q with hint %q", tc.start, tc.end, err, tc.err, tc.hint)
		}
	}
}
