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
)

//go:embed docs.md
var docs string

func main() {
	os.Exit(kit.Main(kit.Program{
		Name:    "mcp-prometheus",
		About:   "queries, metrics, targets, rules and alerts of a Prometheus server, read only.",
		Example: "PROMETHEUS_URL=http://127.0.0.1:9090",
		Docs:    docs,
		Env:     service.Env(),
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) {
			c, err := newClient(getenv)
			if err != nil {
				return nil, err
			}
			return newServer(c), nil
		},
	}))
}

const instructions = "Find names with list_metrics, look at one with describe_metric, then query for values now or query_range for how they moved; " +
	"check_query finds mistakes before it runs. For an alert begin with list_alerts and explain_alert, for missing data with list_targets. " +
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
		Tools:     p.tools(),
		Resources: []kit.Resource{p.rulesResource()},
		Prompts:   []kit.Prompt{explainAlertPrompt()},
	}
}

// prometheus makes the tools. All fields are required.
type prometheus struct {
	client *client
	now    func() time.Time
}

// tools are all of them, those that most calls need first.
func (p *prometheus) tools() []kit.Tool {
	return []kit.Tool{
		p.query(), p.queryRange(), p.checkQuery(), p.compareQuery(), p.queryHistogram(),
		p.listMetrics(), p.describeMetric(), p.listLabels(), p.listLabelValues(), p.listSeries(),
		p.listTargets(), p.listRules(), p.listAlerts(), p.explainAlert(),
		p.getTSDBStatus(), p.getServerInfo(),
	}
}
