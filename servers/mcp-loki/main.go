// Command mcp-loki lets a model read the logs in a Loki. It only reads, and it
// keeps a query from reading more than its operator allows.
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
		Name:    "mcp-loki",
		About:   "log lines, counts, patterns and labels of a Loki, read only.",
		Example: "LOKI_URL=http://127.0.0.1:3100",
		Docs:    docs,
		Env:     append(service.Env(), guardEnv...),
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) {
			c, err := newClient(getenv)
			if err != nil {
				return nil, err
			}
			g, err := newGuard(getenv)
			if err != nil {
				return nil, err
			}
			return newServer(&loki{client: c, guard: g, now: time.Now}), nil
		},
	}))
}

const instructions = "Begin with summarize_logs: what is logged, how much, which patterns, which errors. " +
	"Then query_logs for lines, with a LogQL query or with labels, contains and level; query_metric for numbers over time. " +
	"list_labels and list_label_values have what a selector can name. " +
	"Times: RFC3339, unix, now-1h or 1h (that long ago); the default is the last hour. " +
	"An answer with next_args goes on when you repeat the call with them. " +
	"A query that would read too much is refused, with one that would not."

func newServer(l *loki) *kit.Server {
	return &kit.Server{
		Name: "mcp-loki", Title: "Loki", Instructions: instructions,
		Version:   version.String(),
		Instances: l.client.instances.Names(),
		Redact:    redact.Redactor{Secrets: l.client.instances.Secrets},
		Tools:     l.tools(),
		Resources: []kit.Resource{l.labelsResource(), l.valuesResource()},
		Prompts:   []kit.Prompt{triageLogsPrompt()},
	}
}

// loki makes the tools. All fields are required.
type loki struct {
	client *client
	guard  guard
	now    func() time.Time
}

// tools are all of them, those that most calls need first.
func (l *loki) tools() []kit.Tool {
	return []kit.Tool{
		l.queryLogs(), l.tailLogs(), l.summarizeLogs(), l.listLabels(), l.listLabelValues(),
		l.queryMetric(), l.checkQuery(), l.getLogContext(), l.listSeries(),
		l.getVolume(), l.getStats(), l.listPatterns(), l.listDetectedFields(),
	}
}
