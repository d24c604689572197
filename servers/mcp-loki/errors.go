package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

// optional are the parts of the API that a Loki may lack: those of later
// versions, and those that an operator turns on.
var optional = []struct{ path, hint string }{
	{"/patterns", "the operator turns it on with pattern_ingester; summarize_logs finds patterns without it"},
	{"/index/volume", "the operator turns it on with limits_config.volume_enabled, from Loki 2.9; query_metric with sum by (…) (bytes_over_time({…}[1h])) gives the same at more cost"},
	{"/index/stats", "it came with Loki 2.9"},
	{"/detected_field", "it came with Loki 3.0; query_logs with | json or | logfmt shows the fields of lines"},
	{"/detected_labels", "it came with Loki 3.0"},
	{"/format_query", "it came with Loki 2.8"},
}

// bare are the answers without an envelope that says success.
var bare = []string{"/index/stats", "/detected_field", "/detected_labels"}

// says are words of a Loki, and what they are to a model.
var says = []struct {
	words string
	code  kit.Code
	hint  string
}{
	{"parse error", kit.InvalidArgument, ""},
	{"max entries limit", kit.InvalidArgument, "ask for fewer lines with per_page"},
	{"time range exceeds the limit", kit.InvalidArgument, "ask for a shorter range"},
	{"would read too many bytes", kit.TooLarge, "narrow the selector or shorten the range"},
	{"maximum of series", kit.TooLarge, "aggregate with sum by (…) over labels with few values, or topk"},
	{"maximum number of series", kit.TooLarge, "aggregate with sum by (…) over labels with few values, or topk"},
	{"exceeded maximum resolution", kit.InvalidArgument, "use a larger step, or step=auto"},
	{"no org id", kit.Unauthenticated, ""},
	{"deadline exceeded", kit.Timeout, "narrow the selector, shorten the range, or filter lines before parsing them"},
	{"timed out", kit.Timeout, "narrow the selector, shorten the range, or filter lines before parsing them"},
}

// failure is what an answer of the API says that is no success.
func failure(c *upstream.Client, r *upstream.Response) *kit.Error {
	if r.Status/100 == 2 {
		return noSuccess(c, r)
	}
	text := said(r)
	if r.Status == http.StatusNotFound || r.Status == http.StatusNotImplemented {
		for _, o := range optional {
			if strings.Contains(r.Path, o.path) && !strings.HasPrefix(text, "{") {
				return kit.Errorf(kit.Unsupported, "this Loki does not have %s (HTTP %d)", strings.TrimPrefix(o.path, "/"), r.Status).WithHint("%s", o.hint)
			}
		}
		if text == "" || strings.HasPrefix(text, "404 page not found") {
			return c.NotTheService(r, "(no such page)")
		}
	}
	if r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable || r.Status == http.StatusBadGateway {
		return nil // the status says it, and when to come again
	}
	for _, s := range says {
		if !strings.Contains(text, s.words) {
			continue
		}
		e := &kit.Error{Code: s.code, Message: text, Hint: s.hint}
		if s.code == kit.Unauthenticated {
			e.Hint = "this Loki has tenants: whoever runs this server sets " + c.Setting("TENANT")
		}
		return e
	}
	return nil
}

// noSuccess looks whether a 200 is one.
func noSuccess(c *upstream.Client, r *upstream.Response) *kit.Error {
	var answer struct {
		Status  *string
		Streams *int
	}
	if json.Unmarshal(r.Body, &answer) != nil {
		if json.Valid(r.Body) {
			return c.NotTheService(r, "with something that Loki does not say")
		}
		return nil // what it is, is told by its media type
	}
	for _, path := range bare {
		if strings.Contains(r.Path, path) {
			if path == "/index/stats" && answer.Streams == nil {
				return c.NotTheService(r, "without numbers")
			}
			return nil
		}
	}
	if answer.Status == nil || *answer.Status != "success" {
		return c.NotTheService(r, "without a status of success")
	}
	return nil
}

// maxSaid of what a Loki says is shown.
const maxSaid = 600

// said is the message of an answer that is no success, in plain text or in the
// JSON of Loki or Grafana.
func said(r *upstream.Response) string {
	kind := r.Header.Get("Content-Type")
	if !utf8.Valid(r.Body) || strings.Contains(kind, "html") {
		return ""
	}
	text := strings.TrimSpace(string(r.Body))
	var object struct{ Message, Error string }
	if json.Unmarshal(r.Body, &object) == nil {
		if text = object.Message; text == "" {
			text = object.Error
		}
	}
	return kit.Shorten(text, maxSaid)
}

// pointAt shows where in the query Loki stopped reading.
func pointAt(err error, query string) error {
	var e *kit.Error
	if !errors.As(err, &e) || e.Code != kit.InvalidArgument {
		return err
	}
	if place := logql.Point(e.Message, query); place != "" {
		pointed := *e
		pointed.Message += "\n" + place
		return &pointed
	}
	return err
}

// scanned is the query as the scanner sees it, or an error that shows where it
// is wrong.
func scanned(query string) (logql.Query, error) {
	q, err := logql.Scan(query)
	var e *logql.Error
	if errors.As(err, &e) {
		return q, kit.Errorf(kit.InvalidArgument, "the query has a mistake: %s\n%s", e.Message, logql.PointAt(e.Pos, query)).
			WithHint(`LogQL looks like {app="api"} |= "timeout" | json | status >= 500; or leave query out and give labels, contains and level`)
	}
	return q, err
}
