package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/servers/kit"
)

// Service is what the instances of a server have in common. Name, Prefix and
// Program are required.
type Service struct {
	Name    string // as errors call it: Prometheus
	Prefix  string // of its settings: PROMETHEUS
	Program string // mcp-prometheus
	Example string // of a base URL, for the hint of one that is not set
	Trim    string // end of the base URL that people paste too: /api/v1
	Default string // base URL when none is set; empty: one has to be
	Smaller string // hint for an answer that is too large: how to ask for less
	Tenants bool   // it has tenants, as X-Scope-OrgID names them
	ETags   bool   // answers are held, and the service is asked whether they are still right

	// Locate makes the base URL of the API of one that people write; nil: it is that.
	Locate func(*url.URL)

	// Failure says what an answer means that is none, in the service's own
	// words. It sees every answer, those of status 200 too, and returns nil
	// for one that is good or of which the status says enough. What it leaves
	// zero of Status, RetryAfter and RequestID is filled in.
	Failure func(c *Client, r *Response) *kit.Error

	// Redirect says whether a request may follow from one URL to another of the same
	// origin; nil: it may. Its error ends the call.
	Redirect func(from, to *url.URL) error

	// Pause waits between tries; nil: by the clock. Tests do not wait.
	Pause func(context.Context, time.Duration) error
}

// Client asks one instance of a service.
type Client struct {
	service  Service
	settings Settings
	base     *url.URL // nil: not configured
	maxBody  int64
	agent    string
	auth     *credentials
	cache    *cache // nil: there is none
	http     *http.Client
}

// Pause waits as between tries, for who asks again for a reason of the service's own.
func (c *Client) Pause(ctx context.Context, d time.Duration) error { return c.service.Pause(ctx, d) }

// New makes the client of an instance. Without a URL it is one whose calls say
// what is missing: tools can be listed before anything is configured.
func New(service Service, s Settings) (*Client, error) {
	if s.prefix == "" {
		s.prefix = service.Prefix + "_"
	}
	if service.Pause == nil {
		service.Pause = pause
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.URL == "" {
		s.URL = service.Default
	}
	base, user, err := s.base()
	if err != nil {
		return nil, err
	}
	if base != nil && service.Trim != "" {
		base.Path, base.RawPath = strings.TrimSuffix(base.Path, service.Trim), strings.TrimSuffix(base.RawPath, service.Trim)
	}
	if base != nil && service.Locate != nil {
		service.Locate(base)
	}
	c := &Client{
		service: service, settings: s, base: base, maxBody: s.MaxBody,
		agent: "loom-" + service.Program + "/" + version.String(),
		auth:  newCredentials(s, user),
	}
	if c.maxBody <= 0 {
		c.maxBody = defaultMaxBody
	}
	c.maxBody = min(c.maxBody, maxMaxBody)
	if service.ETags {
		c.cache = &cache{now: time.Now}
	}
	t, err := newTransport(c)
	if err != nil {
		return nil, err
	}
	c.http = &http.Client{Transport: t, CheckRedirect: c.checkRedirect}
	return c, nil
}

// HTTP is the client for a library that speaks to the service itself: with the
// credentials, the tries and the limits, without the errors.
func (c *Client) HTTP() *http.Client { return c.http }

// Base is the URL of the instance, nil when none is configured. It holds no
// credentials.
func (c *Client) Base() *url.URL {
	if c.base == nil {
		return nil
	}
	base := *c.base
	return &base
}

// Instance is the name of the instance, empty when it is the only one.
func (c *Client) Instance() string { return c.settings.Instance }

// Pinned reports whether [Service].Redirect decides where a request may be sent on, for
// what the service is told about that in other ways.
func (c *Client) Pinned() bool { return c.service.Redirect != nil }

// Setting is the whole name of a setting of this instance, for hints:
// Setting("TOKEN") is PROMETHEUS_PROD_TOKEN.
func (c *Client) Setting(name string) string { return c.settings.prefix + name }

// Request is what is asked. Only Path is required.
type Request struct {
	Method string // GET when empty
	Path   string // below the base URL; segments from outside go through url.PathEscape
	Query  url.Values
	Form   url.Values // body of a POST, if not nil
	JSON   any        // body as JSON, if not nil
	Header http.Header
	Reads  bool  // it changes nothing, whatever its method: it may be sent again
	Tail   int64 // only so many bytes of the answer's end are wanted, however long it is; 0: all
}

// Response is an answer that was read to its end.
type Response struct {
	Method string
	Path   string // escaped, without the query: fit for messages
	Status int
	Header http.Header
	Body   []byte

	Skipped int64 // bytes before Body, of which only the end was wanted
}

// Line is what was asked, for messages: GET /api/v1/query.
func (r *Response) Line() string { return r.Method + " " + r.Path }

// Do asks and returns the answer. Its errors are [kit.Error]s, or why ctx ended.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	return c.do(ctx, r, false)
}

// JSON is Do for an answer in JSON, which it decodes into out. An answer that
// is none is an error.
func (c *Client) JSON(ctx context.Context, r Request, out any) (*Response, error) {
	answer, err := c.do(ctx, r, true)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(answer.Body)) == 0 {
		return answer, nil // 204, or a HEAD
	}
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return nil, kit.Errorf(kit.Unavailable, "decoding the answer of %s: %w", answer.Line(), err).
			WithHint("is this a version of %s that this server knows?", c.service.Name)
	}
	return answer, nil
}

// exchange is what the transport knows of a request of ours. It travels in the
// context of the request and belongs to one call of do.
type exchange struct {
	json    bool       // the answer has to be JSON
	reads   bool       // of [Request]
	tail    int64      // of [Request]
	answer  *Response  // the last one
	failure *kit.Error // what it means; nil: it is good
}

type exchangeKey struct{}

func (c *Client) do(ctx context.Context, r Request, wantJSON bool) (*Response, error) {
	if c.base == nil {
		e := kit.Errorf(kit.FailedPrecondition, "%s is not set", c.Setting("URL"))
		return nil, e.WithHint("whoever runs this server sets %s in its environment%s", c.Setting("URL"), c.example())
	}
	x := &exchange{json: wantJSON, reads: r.Reads, tail: r.Tail}
	req, err := c.request(context.WithValue(ctx, exchangeKey{}, x), r)
	if err != nil {
		return nil, err
	}
	if wantJSON {
		req.Header.Set("Accept", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.sendError(ctx, req, err)
	}
	resp.Body.Close() // it was read, x has it
	if x.failure != nil {
		return nil, x.failure
	}
	return x.answer, nil
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	for segment := range strings.SplitSeq(r.Path, "/") {
		if plain, err := url.PathUnescape(segment); err != nil || plain == "." || plain == ".." {
			return nil, kit.Errorf(kit.InvalidArgument, "%q cannot be part of a path", segment)
		}
	}
	target := c.base.JoinPath(r.Path)
	target.RawQuery = r.Query.Encode()
	method, kind := r.Method, ""
	if method == "" {
		method = http.MethodGet
	}
	var body []byte
	switch {
	case r.Form != nil:
		body, kind = []byte(r.Form.Encode()), "application/x-www-form-urlencoded"
	case r.JSON != nil:
		var err error
		if body, err = json.Marshal(r.JSON); err != nil {
			return nil, fmt.Errorf("encoding the body of %s %s: %w", method, r.Path, err)
		}
		kind = "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, kit.Errorf(kit.InvalidArgument, "%s %s is no request: %w", method, target.EscapedPath(), errors.Unwrap(err))
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return req, nil
}

func (c *Client) example() string {
	if c.service.Example == "" {
		return ""
	}
	return ", for example " + c.service.Example
}
