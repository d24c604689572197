package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-prometheus/internal/promql"
)

type checkArgs struct {
	Query   string `arg:"query,required"`
	Explain bool   `arg:"explain" default:"true" doc:"also what it reads and how many series"`
}

// checkAbout is the verdict; the text below it gives the reasons.
type checkAbout struct {
	Valid    bool     `json:"valid"`
	Type     string   `json:"result_type,omitempty"`
	Findings int      `json:"findings"`
	Series   *int     `json:"series,omitempty"` // in the result, now
	Warnings []string `json:"warnings,omitempty"`
}

func (p *prometheus) checkQuery() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "check_query",
		Title:       "Check a query",
		Description: "Parses PromQL without the server: errors with their place, known mistakes, what it reads. With the server: metric types, names that do not exist, sizes.",
		Hints:       kit.ReadLocal,
	}, p.runCheckQuery)
}

func (p *prometheus) runCheckQuery(ctx context.Context, a checkArgs) (*kit.Result, error) {
	q, err := promql.Parse(a.Query)
	var bad *promql.SyntaxError
	if errors.As(err, &bad) {
		text := "not PromQL: " + bad.Error() + "\n"
		if caret := bad.Caret(); caret != "" {
			text += "\n" + caret + "\n"
		}
		return kit.Payload(checkAbout{Findings: 1}, text+syntaxHint(a.Query)).Untrusted(), nil
	}
	facts, err := p.factsOf(ctx, q, a.Explain)
	if err != nil {
		return nil, err
	}
	findings := append(q.Lint(facts.Facts), facts.findings...)
	about := checkAbout{Valid: true, Type: q.Type(), Findings: len(findings), Series: facts.series, Warnings: facts.warnings}

	var b strings.Builder
	fmt.Fprintf(&b, "valid, answers with a %s\n", strings.Replace(q.Type(), "instant vector", "vector", 1))
	if pretty := q.Pretty(); strings.TrimSpace(pretty) != strings.TrimSpace(a.Query) {
		fmt.Fprintf(&b, "\nformatted:\n%s\n", pretty)
	}
	writeFindings(&b, a.Query, findings)
	if a.Explain {
		explainQuery(&b, q, facts)
	}
	return kit.Payload(about, b.String()).Untrusted(), nil
}

// syntaxHint knows what other languages write.
func syntaxHint(query string) string {
	upper := strings.ToUpper(query)
	switch {
	case strings.HasPrefix(strings.TrimSpace(upper), "SELECT "):
		return "\nThis is SQL. PromQL has no SELECT: sum by (job) (rate(http_requests_total[5m]))\n"
	case strings.Contains(query, "|=") || strings.Contains(query, "| json") || strings.Contains(query, "| logfmt"):
		return "\nThis is LogQL, for a Loki server.\n"
	case strings.Contains(query, "$__") || strings.Contains(query, "${"):
		return "\nVariables of a dashboard, such as $__rate_interval, have to be replaced: by [5m] for example.\n"
	case strings.Contains(query, " AS ") || strings.Contains(query, ";"):
		return "\nOne query is one expression, without names for it or a semicolon.\n"
	}
	return ""
}

func writeFindings(b *strings.Builder, query string, findings []promql.Finding) {
	if len(findings) == 0 {
		b.WriteString("\nfindings: none\n")
		return
	}
	b.WriteString("\nfindings:\n")
	for _, f := range findings {
		fmt.Fprintf(b, "- %s, %s%s: %s\n", f.Level, f.Rule, place(query, f.At), f.Text)
	}
}

// place is where in the query something is, as errors write it.
func place(query string, at int) string {
	if at < 0 || at > len(query) {
		return ""
	}
	before := query[:at]
	line := strings.Count(before, "\n") + 1
	return fmt.Sprintf(" at %d:%d", line, len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))+1)
}

func explainQuery(b *strings.Builder, q *promql.Query, facts facts) {
	if selectors := q.Selectors(); len(selectors) > 0 {
		b.WriteString("\nreads:\n")
		for i, s := range selectors {
			fmt.Fprintf(b, "- %s%s\n", s.Text, readDetails(s, facts, i))
		}
	}
	for _, part := range []struct {
		name string
		list []string
	}{{"functions", q.Functions()}, {"aggregations", q.Aggregations()}} {
		if len(part.list) > 0 {
			fmt.Fprintf(b, "%s: %s\n", part.name, strings.Join(part.list, ", "))
		}
	}
	if reach := q.Reach(); reach > 0 {
		fmt.Fprintf(b, "reads back: %s before the time of evaluation\n", kit.FormatDuration(reach))
	}
	if facts.series != nil {
		fmt.Fprintf(b, "result: %d series now\n", *facts.series)
	}
}

func readDetails(s promql.Selector, facts facts, i int) string {
	var details []string
	if n, ok := facts.sizes[i]; ok {
		details = append(details, fmt.Sprintf("%d series now", n))
	}
	if len(s.Names) == 1 && facts.Types[s.Names[0]] != "" {
		details = append(details, facts.Types[s.Names[0]])
	}
	for _, d := range []struct {
		name string
		time.Duration
	}{{"range", s.Range}, {"offset", s.Offset}} {
		if d.Duration != 0 {
			details = append(details, d.name+" "+kit.FormatDuration(d.Duration))
		}
	}
	if details == nil {
		return ""
	}
	return "  (" + strings.Join(details, ", ") + ")"
}
