package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

type checkArgs struct {
	Query string `arg:"query,required"`
	Start string `arg:"start,loose"`
	End   string `arg:"end,loose"`
}

type checkMeta struct {
	Valid    bool     `json:"valid"`
	Kind     string   `json:"kind,omitempty"` // lines or numbers
	Estimate string   `json:"estimate,omitempty"`
	Guard    string   `json:"guard,omitempty"`
	Findings int      `json:"findings"`
	Warnings []string `json:"warnings,omitempty"`
}

func (l *loki) checkQuery() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "check_query",
		Title:       "Check a query",
		Description: "Whether a LogQL query is valid, with the place of a mistake, what it would read, and how to make it cheaper. Reads no lines.",
		Hints:       kit.ReadLocal,
		Example:     `{"query":"{app=\"api\"} | json |= \"timeout\""}`,
	}, l.runCheckQuery)
}

func (l *loki) runCheckQuery(ctx context.Context, a checkArgs) (*kit.Result, error) {
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	text := withStep(a.Query, autoStep(r.End.Sub(r.Start), 60))
	meta := checkMeta{Valid: true}
	var body strings.Builder

	var formatted string
	var e *kit.Error
	err = l.client.data(ctx, "format_query", map[string][]string{"query": {text}}, &formatted)
	q, scanErr := scanned(text)
	switch {
	case errors.As(err, &e) && e.Code == kit.InvalidArgument:
		meta.Valid = false
		errors.As(pointAt(err, text), &e)
		body.WriteString(e.Message + "\n")
		return kit.Payload(meta, body.String()).Untrusted(), nil
	case ctx.Err() != nil:
		return nil, err
	case errors.As(scanErr, &e) && err != nil:
		meta.Valid = false
		body.WriteString(e.Message + "\n")
		return kit.Payload(meta, body.String()).Untrusted(), nil
	case err != nil:
		meta.Warnings = append(meta.Warnings, "checked without Loki, in part: "+err.Error())
	}
	body.WriteString(cmp.Or(formatted, text) + "\n")
	if scanErr != nil { // Loki takes it: it knows more of LogQL than the scanner
		meta.Warnings = append(meta.Warnings, "what it would read is not known")
		return kit.Payload(meta, body.String()).Untrusted(), nil
	}
	meta.Kind = map[bool]string{true: "numbers: query_metric", false: "lines: query_logs"}[q.Metric]
	if len(q.Selectors) > 0 {
		sum, err := l.estimate(ctx, q, r)
		switch {
		case ctx.Err() != nil:
			return nil, err
		case err != nil:
			meta.Warnings = append(meta.Warnings, "what it would read is not known: "+err.Error())
			meta.Guard = l.verdict(q, r, 0)
		default:
			meta.Estimate = fmt.Sprintf("%s in %d streams from %s to %s", formatBytes(sum.Bytes), sum.Streams, kit.FormatTime(r.Start), kit.FormatTime(r.End))
			if sum.Streams == 0 {
				meta.Estimate = fmt.Sprintf("%s from %s to %s", formatBytes(sum.Bytes), kit.FormatTime(r.Start), kit.FormatTime(r.End))
			}
			meta.Guard = l.verdict(q, r, sum.Bytes)
		}
	}
	findings := advice(q)
	meta.Findings = len(findings)
	for _, f := range findings {
		body.WriteString("- " + f + "\n")
	}
	return kit.Payload(meta, body.String()).Untrusted(), nil
}

var meta = regexp.MustCompile(`[\\.+*?()|\[\]{}^$]`)

// advice says what makes a query cheaper or more likely right.
func advice(q logql.Query) (list []string) {
	say := func(format string, args ...any) {
		if s := fmt.Sprintf(format, args...); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	for _, s := range q.Selectors {
		if !s.Selective() {
			say("%s names no value: it reads all streams", s.Text)
		}
		for _, m := range s.Matchers {
			if strings.HasSuffix(m.Op, "~") && m.Value != "" && !meta.MatchString(m.Value) {
				say("%s compares with one text: write %s, which needs no regular expression", m, logql.Matcher{Name: m.Name, Op: strings.Replace(strings.Replace(m.Op, "=~", "=", 1), "!~", "!=", 1), Value: m.Value})
			}
		}
		parser := ""
		for _, stage := range s.Stages {
			switch {
			case !stage.Filter() && slices.Contains([]string{"json", "logfmt", "regexp", "pattern", "unpack"}, stage.Name):
				parser = stage.Name
			case !stage.Filter() && stage.Name == "line_format":
				parser = "" // a filter after it looks at another line
			case stage.Filter() && parser != "":
				say("put %s %s before | %s: then only lines that pass are parsed", stage.Op, texts(stage), parser)
			}
			if strings.HasSuffix(stage.Op, "~") {
				for _, t := range stage.Texts {
					inner := strings.TrimSuffix(strings.TrimPrefix(t, ".*"), ".*")
					plain := strings.Replace(stage.Op, "|~", "|=", 1)
					plain = strings.Replace(plain, "!~", "!=", 1)
					switch {
					case inner != "" && !meta.MatchString(inner):
						say("%s %s looks for one text: %s %s is faster", stage.Op, logql.Quote(t), plain, logql.Quote(inner))
					case inner != t && inner != "":
						say("%s %s: .* at the ends does nothing, a filter looks anywhere", stage.Op, logql.Quote(t))
					}
				}
			}
		}
		if q.Metric && parser != "" && !strings.Contains(q.Text, "__error__") {
			say("one line that %s cannot read fails the whole query: add | __error__=\"\" after it", parser)
		}
	}
	if q.Metric && len(q.Selectors) > 0 && !aggregated.MatchString(q.Text) {
		say("without sum by (…) each stream is a series of its own")
	}
	return list
}

var aggregated = regexp.MustCompile(`\b(sum|avg|min|max|count|topk|bottomk|stddev|stdvar|quantile|absent_over_time)\b`)

func texts(s logql.Stage) string {
	var quoted []string
	for _, t := range s.Texts {
		quoted = append(quoted, logql.Quote(t))
	}
	return strings.Join(quoted, " or ")
}
