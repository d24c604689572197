package kit

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time argument: RFC3339, a date with or without a time of
// day (UTC), a unix time in s, ms, us or ns, now, now-15m, now+1h, and a bare
// duration, which is that long ago. now is what the clock says.
func ParseTime(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(strings.ToLower(text), "now"); ok {
		rest = strings.ReplaceAll(rest, " ", "")
		if rest == "" {
			return now.UTC(), nil
		}
		if d, err := ParseDuration(rest[1:]); err == nil && rest[0] == '-' {
			return now.Add(-d).UTC(), nil
		} else if err == nil && rest[0] == '+' {
			return now.Add(d).UTC(), nil
		}
		return time.Time{}, timeError(text)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02 15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	if unixNumber.MatchString(text) {
		return parseUnix(text)
	}
	if d, err := ParseDuration(strings.TrimPrefix(text, "-")); err == nil {
		return now.Add(-d).UTC(), nil
	}
	return time.Time{}, timeError(text)
}

func timeError(text string) error {
	return fmt.Errorf("%q is no time; write 2026-11-01T15:04:05Z, 2026-11-01, a unix time, now-1h or 1h", text)
}

var unixNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// parseUnix tells the unit by the size: a number of seconds with more than 11
// digits would be after the year 5138.
func parseUnix(text string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, timeError(text)
	}
	switch digits := len(strings.TrimLeft(whole, "0")); {
	case digits <= 11:
		nanos, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
		return time.Unix(n, nanos).UTC(), nil
	case digits <= 14:
		return time.UnixMilli(n).UTC(), nil
	case digits <= 17:
		return time.UnixMicro(n).UTC(), nil
	}
	return time.Unix(0, n).UTC(), nil
}

var durationPart = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w|y)`)

var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
	"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
}

// ParseDuration reads a duration in the units of Prometheus, each at most once
// and the largest first: 15m, 1h30m, 2d, 1w.
func ParseDuration(text string) (time.Duration, error) {
	rest := strings.TrimSpace(text)
	if rest == "0" {
		return 0, nil
	}
	var total time.Duration
	last := time.Duration(1<<63 - 1)
	for rest != "" {
		m := durationPart.FindStringSubmatch(rest)
		if m == nil || units[m[2]] >= last {
			return 0, durationError(text)
		}
		last = units[m[2]]
		n, err := strconv.ParseFloat(m[1], 64)
		if part := n * float64(last); err != nil || part+float64(total) > float64(1<<62) {
			return 0, durationError(text)
		} else {
			total += time.Duration(part)
		}
		rest = rest[len(m[0]):]
	}
	if last == time.Duration(1<<63-1) {
		return 0, durationError(text)
	}
	return total, nil
}

func durationError(text string) error {
	return fmt.Errorf("%q is no duration; write 30s, 15m, 1h30m, 2d or 1w", text)
}

// Range is a span of time.
type Range struct{ Start, End time.Time }

// ParseRange reads the arguments start and end. An empty start is span before
// end, an empty end is now. A range that is empty, begins in the future or is
// longer than most (0: any) is refused with one that would do.
func ParseRange(start, end string, now time.Time, span, most time.Duration) (Range, error) {
	r := Range{End: now.UTC()}
	var err error
	if end != "" {
		if r.End, err = ParseTime(end, now); err != nil {
			return r, Errorf(InvalidArgument, "argument \"end\": %w", err)
		}
	}
	r.Start = r.End.Add(-span)
	if start != "" {
		if r.Start, err = ParseTime(start, now); err != nil {
			return r, Errorf(InvalidArgument, "argument \"start\": %w", err)
		}
	}
	switch {
	case r.Start.After(now):
		return r, Errorf(InvalidArgument, "start %s is in the future, now is %s", FormatTime(r.Start), FormatTime(now)).
			WithHint("for example start=now-%s", FormatDuration(span))
	case !r.Start.Before(r.End):
		return r, Errorf(InvalidArgument, "start %s is not before end %s", FormatTime(r.Start), FormatTime(r.End)).
			WithHint("for example start=%s end=%s", FormatTime(r.End.Add(-span)), FormatTime(r.End))
	case most > 0 && r.End.Sub(r.Start) > most:
		return r, Errorf(InvalidArgument, "the range of %s is longer than %s", FormatDuration(r.End.Sub(r.Start)), FormatDuration(most)).
			WithHint("for example start=%s end=%s", FormatTime(r.End.Add(-most)), FormatTime(r.End))
	}
	return r, nil
}

// FormatTime is how answers write a time: RFC3339 in UTC, with fractions only
// if there are any.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// FormatDuration writes a duration that [ParseDuration] reads: 1h30m, 2d.
func FormatDuration(d time.Duration) string {
	if d < time.Millisecond {
		return "0s"
	}
	var b strings.Builder
	for _, unit := range []string{"d", "h", "m", "s", "ms"} {
		if n := d / units[unit]; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit)
			d -= n * units[unit]
		}
	}
	return b.String()
}
