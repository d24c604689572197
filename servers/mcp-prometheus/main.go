// Command mcp-prometheus lets a model read a Prometheus server, or anything with its
// query API. It only reads: of the API it uses what lists and queries.
package main

import (
	_ "embed"
	"log/slog"
	"os"
	"time"

	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/redact"
	"github.com/loom-core/loom/servers/kit/upstream"
)

//go:embed docs.md
var docs string

func main() {
	os.Exit(kit.Main(kit.Program{
		Name:    "mcp-prometheus",
		About:   "queries, metrics and labels of a Prometheus server, read only.",
		Example: "PROMETHEUS_URL=http://127.0.0.1:9090",
		Docs:    docs,
		Env:     upstream.Env(service.Prefix),
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) {
			c, err := newClient(getenv)
			if err != nil {
				return nil, err
			}
			return newServer(c), nil
		},
	}))
}

const instructions = "Find names with list_metrics, then query for values now or query_range for how they moved. " +
	"Aggregate in PromQL (sum by, topk, rate) instead of fetching many series. " +
	"Times: RFC3339, unix, now-1h or 1h (that long ago); step: 30s, 5m or auto. " +
	"An answer with next_args goes on when you repeat the call with them."

func newServer(c *client) *kit.Server {
	p := &prometheus{client: c, now: time.Now}
	return &kit.Server{
		Name: "mcp-prometheus", Title: "Prometheus", Instructions: instructions,
		Version:   version.String(),
		Instances: c.instances.Names(),
		Redact:    redact.Redactor{Secrets: c.instances.Secrets},
		Tools:     []kit.Tool{p.query(), p.queryRange(), p.listMetrics(), p.listLabels()},
	}
}

// prometheus makes the tools. All fields are required.
type prometheus struct {
	client *client
	now    func() time.Time
}
