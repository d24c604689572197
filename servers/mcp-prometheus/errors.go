package main

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// errorTypes of the API, and what they are to a model.
var errorTypes = map[string]kit.Code{
	"bad_data":          kit.InvalidArgument,
	"execution":         kit.InvalidArgument, // the query cannot be evaluated
	"timeout":           kit.Timeout,
	"canceled":          kit.Timeout, // the server gave up on it
	"internal":          kit.Internal,
	"unavailable":       kit.Unavailable,
	"not_found":         kit.NotFound,
	"not_acceptable":    kit.Unsupported,
	"too_many_requests": kit.RateLimited,
}

// upstreamError says what an answer that is no success means. noJSON: its body
// was something else.
func upstreamError(status int, kind, path string, answer *envelope, noJSON bool, retryAfter time.Duration) *kit.Error {
	code, known := errorTypes[answer.ErrorType]
	e := &kit.Error{Code: code, Message: answer.Error, Status: status, RetryAfter: retryAfter}
	if known && !noJSON {
		switch {
		case strings.Contains(e.Message, "too many samples"): // of type execution; has no type of its own
			e.Code, e.Hint = kit.TooLarge, "narrow the selector, shorten the range or raise the step"
		case code == kit.Timeout:
			e.Hint = "narrow the selector, shorten the range or raise the step"
		}
		return e
	}
	e.Message = path + " answered " + http.StatusText(status) + " (HTTP " + strconv.Itoa(status) + ")"
	switch {
	case status == http.StatusUnauthorized:
		e.Code, e.Hint = kit.Unauthenticated, "whoever runs this server sets PROMETHEUS_TOKEN"
	case status == http.StatusForbidden:
		e.Code, e.Hint = kit.PermissionDenied, "the token of this server may not use this API"
	case status == http.StatusTooManyRequests:
		e.Code = kit.RateLimited
	case status >= 500:
		e.Code = kit.Unavailable
	case noJSON:
		e.Code = kit.FailedPrecondition
		e.Message += " with " + cmpString(kind, "no content type") + ", not JSON"
		e.Hint = "does PROMETHEUS_URL point at Prometheus itself, with the path prefix it is served under?"
	case status == http.StatusNotFound:
		e.Code, e.Hint = kit.Unsupported, "this server does not have that API"
	default:
		e.Code = kit.Internal
	}
	return e
}

func cmpString(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

var position = regexp.MustCompile(`(?:^|[ :])([0-9]+):([0-9]+): parse error`)

// pointAt shows where in the query Prometheus stopped reading.
func pointAt(err error, query string) error {
	var e *kit.Error
	if !errors.As(err, &e) || e.Code != kit.InvalidArgument {
		return err
	}
	m := position.FindStringSubmatch(e.Message)
	if m == nil {
		return err
	}
	row, _ := strconv.Atoi(m[1])
	column, _ := strconv.Atoi(m[2])
	lines := strings.Split(query, "\n")
	if row < 1 || row > len(lines) || column < 1 || len(lines[row-1]) > 200 {
		return err
	}
	line := strings.ReplaceAll(lines[row-1], "\t", " ")
	e.Message += "\n  " + line + "\n  " + strings.Repeat(" ", min(column-1, len(line))) + "^"
	return e
}
