package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/servers/kit"
)

// client calls the HTTP API of one server. Where that is and how we
// authenticate comes from the environment only, never from a model.
type client struct {
	base    *url.URL // nil: not configured
	auth    string   // Authorization header, empty if there is none
	http    *http.Client
	maxBody int64
	pause   func(context.Context, time.Duration) error // between tries; tests do not wait
}

const (
	// maxBody is far over what an answer can show and small enough to hold.
	maxBody = 8 << 20
	// maxURL is what every proxy takes; longer queries go as a form.
	maxURL       = 2000
	maxRedirects = 5
)

func newClient(baseURL, token string) (*client, error) {
	c := &client{maxBody: maxBody, pause: pause}
	c.http = &http.Client{CheckRedirect: checkRedirect}
	if baseURL == "" {
		return c, nil // tools can be listed; calls say what is missing
	}
	base, err := url.Parse(baseURL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, errors.New("PROMETHEUS_URL is no http or https URL") // not quoted: it may hold a password
	}
	if base.User != nil {
		password, _ := base.User.Password()
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(base.User.Username(), password)
		c.auth = r.Header.Get("Authorization")
		base.User = nil
	}
	if token = strings.TrimSpace(token); token != "" {
		c.auth = "Bearer " + token
	}
	base.Path = strings.TrimSuffix(strings.TrimSuffix(base.Path, "/"), "/api/v1")
	c.base = base
	return c, nil
}

// checkRedirect keeps our credentials on the host they are for. net/http lets
// them through to subdomains and from https to http.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	first := via[0].URL
	if req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
		req.Header.Del("Authorization")
	}
	return nil
}

// notes are what the server adds to an answer.
type notes struct {
	Warnings []string `json:"warnings"`
	Infos    []string `json:"infos"`
}

type envelope struct {
	Status    string          `json:"status"`
	Data      json.RawMessage `json:"data"`
	ErrorType string          `json:"errorType"`
	Error     string          `json:"error"`
	notes
}

// call asks for /api/v1/path and decodes the data into out. Errors are [kit.Error]s
// or those of ctx.
func (c *client) call(ctx context.Context, path string, params url.Values, out any) (notes, error) {
	if c.base == nil {
		return notes{}, kit.Errorf(kit.FailedPrecondition, "PROMETHEUS_URL is not set").
			WithHint("whoever runs this server sets PROMETHEUS_URL in its environment, for example http://127.0.0.1:9090")
	}
	target := c.base.JoinPath("api/v1", path)
	method, body := http.MethodGet, params.Encode()
	if len(body) > maxURL && path != "metadata" && !strings.HasPrefix(path, "label/") {
		method = http.MethodPost
	} else {
		target.RawQuery, body = body, ""
	}
	answer, err := c.send(ctx, method, target, body)
	if err != nil {
		return notes{}, err
	}
	if answer.Status != "success" {
		return notes{}, kit.Errorf(kit.Unavailable, "%s answered without a status of success", path)
	}
	if err := json.Unmarshal(answer.Data, out); err != nil {
		return notes{}, kit.Errorf(kit.Unavailable, "decoding the answer of %s: %w", path, err)
	}
	return answer.notes, nil
}

// do sends one request and reads its answer. The third result is how long the
// server wants us to wait.
func (c *client) do(ctx context.Context, method string, target *url.URL, form string) (*envelope, *kit.Error, time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, method, target.String(), strings.NewReader(form))
	if err != nil {
		return nil, nil, 0, err
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "loom-mcp-prometheus/"+version.String())
	if c.auth != "" {
		req.Header.Set("Authorization", c.auth)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, 0, context.Cause(ctx)
		}
		var wrapped *url.Error // its text repeats the whole query
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, kit.Errorf(kit.Unavailable, "asking %s: %w", target.Path, err).
			WithHint("is Prometheus running, and does PROMETHEUS_URL point at it?"), 0, nil
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, nil, 0, context.Cause(ctx)
	case err != nil:
		return nil, kit.Errorf(kit.Unavailable, "reading the answer of %s: %w", target.Path, err), 0, nil
	case int64(len(raw)) > c.maxBody:
		return nil, kit.Errorf(kit.TooLarge, "the answer of %s is over %d MiB", target.Path, c.maxBody>>20).
			WithHint("aggregate in PromQL (sum by, topk), narrow the selector, or ask for a shorter range or a larger step"), 0, nil
	}
	retryAfter := parseRetryAfter(resp.Header.Get("Retry-After"))
	var answer envelope
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	bad := json.Unmarshal(raw, &answer)
	if resp.StatusCode/100 == 2 && bad == nil && answer.Status == "success" {
		return &answer, nil, 0, nil
	}
	if resp.StatusCode/100 == 2 && bad != nil && kind == "application/json" {
		return nil, kit.Errorf(kit.Unavailable, "the answer of %s is broken JSON: %w", target.Path, bad), 0, nil
	}
	return nil, upstreamError(resp.StatusCode, kind, target.Path, &answer, bad != nil, retryAfter), retryAfter, nil
}

func parseRetryAfter(text string) time.Duration {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(time.Until(t), 0)
	}
	return 0
}
