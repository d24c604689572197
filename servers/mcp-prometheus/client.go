package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// service is what all instances of Prometheus have in common.
var service = upstream.Service{
	Name: "Prometheus", Prefix: "PROMETHEUS", Program: "mcp-prometheus",
	Example: "http://127.0.0.1:9090",
	Trim:    "/api/v1",
	Smaller: "aggregate in PromQL (sum by, topk), narrow the selector, or ask for a shorter range or a larger step",
	Tenants: true,
	Failure: failure,
}

// client calls the HTTP API of the instance that a call is for.
type client struct{ instances upstream.Instances }

// newClient makes the clients of all instances that the environment names.
func newClient(getenv func(string) string) (*client, error) {
	instances, err := upstream.Open(service, getenv)
	return &client{instances}, err
}

// maxURL is what every proxy takes; longer queries go as a form.
const maxURL = 2000

// notes are what the server adds to an answer.
type notes struct {
	Warnings []string `json:"warnings"`
	Infos    []string `json:"infos"`
}

type envelope struct {
	Data json.RawMessage `json:"data"`
	notes
}

// call asks for /api/v1/path and decodes the data into out. Errors are [kit.Error]s
// or those of ctx. A long query is sent once: only those take the way of a POST,
// and they cost most.
func (c *client) call(ctx context.Context, path string, params url.Values, out any) (notes, error) {
	r := upstream.Request{Path: "api/v1/" + path, Query: params}
	if path != "metadata" && !strings.HasPrefix(path, "label/") && len(params.Encode()) > maxURL {
		r.Method, r.Form, r.Query = http.MethodPost, params, nil
	}
	var answer envelope
	resp, err := c.instances.For(ctx).JSON(ctx, r, &answer)
	if err != nil {
		return notes{}, err
	}
	if err := json.Unmarshal(answer.Data, out); err != nil {
		return notes{}, kit.Errorf(kit.Unavailable, "decoding the answer of %s: %w", resp.Line(), err)
	}
	return answer.notes, nil
}
