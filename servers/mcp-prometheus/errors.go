package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
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

// failure is what an answer of the API says that is no success.
func failure(c *upstream.Client, r *upstream.Response) *kit.Error {
	var answer struct{ Status, ErrorType, Error string }
	noJSON := json.Unmarshal(r.Body, &answer) != nil
	code, known := errorTypes[answer.ErrorType]
	switch {
	case !noJSON && known:
		e := &kit.Error{Code: code, Message: answer.Error}
		switch {
		case strings.Contains(e.Message, "too many samples"): // of type execution; has no type of its own
			e.Code, e.Hint = kit.TooLarge, "narrow the selector, shorten the range or raise the step"
		case code == kit.Timeout:
			e.Hint = "narrow the selector, shorten the range or raise the step"
		}
		return e
	case r.Status/100 == 2 && !noJSON && answer.Status != "success":
		return c.NotTheService(r, "without a status of success")
	case r.Status == http.StatusNotFound && noJSON:
		return c.NotTheService(r, "(no such page)")
	case r.Status == http.StatusNotFound:
		e := c.StatusError(r)
		e.Code, e.Hint = kit.Unsupported, "this server does not have that API"
		return e
	}
	return nil
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
