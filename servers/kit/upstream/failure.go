package upstream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit"
)

// codes of the statuses that say enough by themselves.
var codes = map[int]kit.Code{
	http.StatusBadRequest:            kit.InvalidArgument,
	http.StatusUnauthorized:          kit.Unauthenticated,
	http.StatusForbidden:             kit.PermissionDenied,
	http.StatusNotFound:              kit.NotFound,
	http.StatusMethodNotAllowed:      kit.Unsupported,
	http.StatusNotAcceptable:         kit.Unsupported,
	http.StatusRequestTimeout:        kit.Timeout,
	http.StatusConflict:              kit.Conflict,
	http.StatusGone:                  kit.NotFound,
	http.StatusPreconditionFailed:    kit.Conflict,
	http.StatusRequestEntityTooLarge: kit.TooLarge,
	http.StatusRequestURITooLong:     kit.TooLarge,
	http.StatusUnprocessableEntity:   kit.InvalidArgument,
	http.StatusTooManyRequests:       kit.RateLimited,
	http.StatusNotImplemented:        kit.Unsupported,
}

// failure says what an answer means, nil if it is good.
func (c *Client) failure(r *Response, wantJSON bool) *kit.Error {
	e := c.service.failure(c, r)
	if e == nil {
		e = c.defaultFailure(r, wantJSON)
	}
	if e == nil {
		return nil
	}
	if e.Status == 0 {
		e.Status = r.Status
	}
	if wait, said := retryAfter(r.Header, time.Now()); said && e.RetryAfter == 0 &&
		(e.Code == kit.RateLimited || r.Status == http.StatusServiceUnavailable) {
		e.RetryAfter = wait
	}
	if e.Hint == "" {
		e.Hint = c.comeBack(e)
	}
	if e.RequestID == "" {
		for _, name := range []string{"X-Request-Id", "X-Github-Request-Id", "X-Amzn-Trace-Id"} {
			if id := r.Header.Get(name); id != "" && len(id) <= 128 {
				e.RequestID = id
				break
			}
		}
	}
	return e
}

// comeBack is the hint for what may be gone later.
func (c *Client) comeBack(e *kit.Error) string {
	switch {
	case e.RetryAfter > 0:
		return fmt.Sprintf("%s takes requests again in %s", c.service.Name, kit.FormatDuration((e.RetryAfter + time.Second - 1).Truncate(time.Second)))
	case e.Code == kit.RateLimited:
		return fmt.Sprintf("%s does not say when it takes requests again; wait a while, and ask for more in fewer calls", c.service.Name)
	case e.Code == kit.Unavailable:
		return fmt.Sprintf("%s, or what stands before it, is down or busy; try again in a while", c.service.Name)
	}
	return ""
}

func (s *Service) failure(c *Client, r *Response) *kit.Error {
	if s.Failure == nil {
		return nil
	}
	return s.Failure(c, r)
}

func (c *Client) defaultFailure(r *Response, wantJSON bool) *kit.Error {
	switch {
	case r.Status/100 != 2:
		return c.StatusError(r)
	case !wantJSON || r.Status == http.StatusNoContent || r.Method == http.MethodHead:
		return nil
	case len(bytes.TrimSpace(r.Body)) == 0:
		return kit.Errorf(kit.Unavailable, "%s answered %d with nothing in it", r.Line(), r.Status).
			WithHint("what stands between this server and %s may have lost the answer; try again", c.service.Name)
	case json.Valid(r.Body):
		return nil
	case r.kind() == "" || strings.HasSuffix(r.kind(), "json"):
		return kit.Errorf(kit.Unavailable, "the answer of %s is broken JSON: it ends or breaks within %d bytes", r.Line(), len(r.Body)).
			WithHint("what stands between this server and %s may have cut the answer; try again, or ask for less", c.service.Name)
	}
	return c.NotTheService(r, "with "+r.kind()+", not JSON")
}

// NotTheService is the error for an answer that looks as if something else
// than the service had given it: a login page, another API. what goes after
// "answered 200".
func (c *Client) NotTheService(r *Response, what string) *kit.Error {
	e := kit.Errorf(kit.FailedPrecondition, "%s answered %d %s", r.Line(), r.Status, what)
	e.Status = r.Status
	return e.WithHint("does %s point at %s itself, with the path prefix it is served under and past any login page?", c.Setting("URL"), c.service.Name)
}

// StatusError is what the status of an answer says.
func (c *Client) StatusError(r *Response) *kit.Error {
	e := &kit.Error{Code: codes[r.Status], Status: r.Status}
	e.Message = fmt.Sprintf("%s answered %s (HTTP %d)", r.Line(), statusText(r.Status), r.Status)
	if line := r.said(); line != "" {
		e.Message += ": " + line
	}
	wait, limited := r.limited()
	switch {
	case limited:
		e.Code, e.RetryAfter = kit.RateLimited, wait
	case r.Status == http.StatusUnauthorized:
		e.Hint = fmt.Sprintf("whoever runs this server sets %s or %s", c.Setting("TOKEN"), c.Setting("USER"))
		if c.auth.configured() {
			e.Hint = fmt.Sprintf("%s does not take the credentials of %s: they may be wrong or have expired", c.service.Name, c.settings.prefix+"*")
		}
	case r.Status == http.StatusForbidden:
		e.Hint = fmt.Sprintf("the credentials of this server may not do that at %s", c.service.Name)
	case r.Status/100 == 3:
		e.Code = kit.FailedPrecondition
		e.Hint = fmt.Sprintf("does %s point at %s itself, past old addresses?", c.Setting("URL"), c.service.Name)
	case r.Status >= 500 && e.Code == "":
		e.Code = kit.Unavailable
	case e.Code == "":
		e.Code = kit.FailedPrecondition
	}
	return e
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "an unknown status"
}

// kind is the media type of the answer.
func (r *Response) kind() string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind, _, _ = strings.Cut(r.Header.Get("Content-Type"), ";")
	}
	return strings.ToLower(strings.TrimSpace(kind))
}

// maxLine of what a service says is shown.
const maxLine = 300

// said is what a service says of its own, in plain text or in the member of a
// JSON object where most put it. The whole body would be somebody's page.
func (r *Response) said() string {
	line := ""
	switch kind := r.kind(); {
	case !utf8.Valid(r.Body):
	case kind == "text/plain":
		line, _, _ = strings.Cut(strings.TrimSpace(string(r.Body)), "\n")
	case strings.HasSuffix(kind, "json"):
		line = saidInJSON(r.Body, 2)
	}
	line = strings.TrimSpace(line)
	if strings.EqualFold(line, http.StatusText(r.Status)) {
		return ""
	}
	if runes := []rune(line); len(runes) > maxLine {
		line = string(runes[:maxLine]) + "…"
	}
	return line
}

func saidInJSON(body []byte, depth int) string {
	var object map[string]json.RawMessage
	if depth == 0 || json.Unmarshal(body, &object) != nil {
		return ""
	}
	for _, name := range []string{"message", "error_description", "error", "detail"} {
		var text string
		if json.Unmarshal(object[name], &text) == nil && text != "" {
			return text
		}
		if text = saidInJSON(object[name], depth-1); text != "" {
			return text
		}
	}
	return ""
}
