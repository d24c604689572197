package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// service is what all instances of Loki have in common.
var service = upstream.Service{
	Name: "Loki", Prefix: "LOKI", Program: "mcp-loki",
	Example: "http://127.0.0.1:3100",
	Trim:    "/loki/api/v1",
	Smaller: "narrow the selector, shorten the range, or ask for fewer lines",
	Tenants: true,
	Failure: failure,
}

// client calls the HTTP API of the instance that a call is for.
type client struct {
	instances upstream.Instances

	mu   sync.Mutex
	most map[string]int // of lines in one answer, by instance, once it has said so
}

// newClient makes the clients of all instances that the environment names.
func newClient(getenv func(string) string) (*client, error) {
	instances, err := upstream.Open(service, getenv)
	return &client{instances: instances, most: make(map[string]int)}, err
}

// get asks for /loki/api/v1/path and decodes the whole answer into out. Errors are
// [kit.Error]s or those of ctx.
func (c *client) get(ctx context.Context, path string, params url.Values, out any) error {
	r := upstream.Request{Path: "loki/api/v1/" + path, Query: params}
	if len(params.Encode()) > maxURL && !strings.HasPrefix(path, "label") && !strings.HasPrefix(path, "detected") {
		r.Method, r.Form, r.Query = http.MethodPost, params, nil
	}
	if path == "query_range" {
		r.Header = map[string][]string{"X-Loki-Response-Encoding-Flags": {"categorize-labels"}}
	}
	_, err := c.instances.For(ctx).JSON(ctx, r, out)
	return err
}

// maxURL is what every proxy takes; longer queries go as a form, once.
const maxURL = 4000

// data is get for an answer whose data is what matters.
func (c *client) data(ctx context.Context, path string, params url.Values, out any) error {
	var envelope struct{ Data json.RawMessage }
	if err := c.get(ctx, path, params, &envelope); err != nil {
		return err
	}
	if len(envelope.Data) == 0 {
		return nil // Loki leaves out a list without elements
	}
	if err := json.Unmarshal(envelope.Data, out); err != nil {
		return kit.Errorf(kit.Unavailable, "decoding the answer of GET /loki/api/v1/%s: %w", path, err)
	}
	return nil
}

func (c *client) limit(ctx context.Context) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.most[kit.Instance(ctx)]; n > 0 {
		return n
	}
	return defaultMost
}

func (c *client) setLimit(ctx context.Context, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.most[kit.Instance(ctx)] = n
}

// defaultMost is max_entries_limit_per_query of a Loki that nobody configured.
const defaultMost = 5000

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// span are the parameters of a range.
func span(r kit.Range) url.Values {
	return url.Values{"start": {nanos(r.Start)}, "end": {nanos(r.End)}}
}
