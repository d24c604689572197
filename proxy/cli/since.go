package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// stamps are the forms of a point in time, besides RFC 3339; local time.
var stamps = []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", time.DateTime, "2006-01-02T15:04:05"}

// parseSince reads the beginning of a period: a duration before now, like 90s,
// 2h or 7d, or a point in time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if number, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.Atoi(number); err == nil && days >= 0 {
			return now.AddDate(0, 0, -days), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, form := range stamps {
		if t, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("invalid time %q: it is a duration (90s, 2h, 7d) or a date (2026-11-22, 2026-11-22 10:30)", text)
}
