package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

// guard keeps a query from reading more than its operator wants: what a query
// costs is what it reads, and neither filters nor a limit of lines make that
// less.
type guard struct {
	off      bool
	maxRange time.Duration
	maxBytes int64
	override bool // a call may say override
}

const (
	defaultMaxRange = 24 * time.Hour
	defaultMaxScan  = 20 << 30
)

// guardEnv are its settings.
var guardEnv = []kit.EnvVar{
	{Name: "LOKI_GUARD", Doc: "off: queries may read whatever they want (on)"},
	{Name: "LOKI_MAX_RANGE", Doc: "longest range of a query (24h)"},
	{Name: "LOKI_MAX_SCAN", Doc: "most bytes that a query may read, by Loki's own estimate (20GiB)"},
	{Name: "LOKI_ALLOW_OVERRIDE", Doc: "true: a call with override=true passes the guard (false)"},
}

func newGuard(getenv func(string) string) (guard, error) {
	g := guard{maxRange: defaultMaxRange, maxBytes: defaultMaxScan}
	switch text := strings.ToLower(getenv("LOKI_GUARD")); text {
	case "", "on", "true":
	case "off", "false":
		g.off = true
	default:
		return g, fmt.Errorf("LOKI_GUARD is %q, want on or off", text)
	}
	if text := getenv("LOKI_MAX_RANGE"); text != "" {
		d, err := kit.ParseDuration(text)
		if err != nil || d <= 0 {
			return g, fmt.Errorf("LOKI_MAX_RANGE is %q, want a duration such as 24h or 7d", text)
		}
		g.maxRange = d
	}
	if text := getenv("LOKI_MAX_SCAN"); text != "" {
		n, ok := parseBytes(text)
		if !ok {
			return g, fmt.Errorf("LOKI_MAX_SCAN is %q, want a size such as 20GiB", text)
		}
		g.maxBytes = n
	}
	if text := getenv("LOKI_ALLOW_OVERRIDE"); text != "" {
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return g, fmt.Errorf("LOKI_ALLOW_OVERRIDE is %q, want true or false", text)
		}
		g.override = yes
	}
	return g, nil
}

// verdict is what the guard found of a query that it lets pass.
type verdict struct {
	Estimate *stats // nil: unknown
	Warnings []string
}

// check refuses a query over r that would read too much. override is what the
// call asked for.
func (l *loki) check(ctx context.Context, q logql.Query, r kit.Range, override bool) (verdict, error) {
	var v verdict
	switch g := l.guard; {
	case override && !g.override:
		return v, kit.Errorf(kit.PermissionDenied, "override is not allowed here").
			WithHint("whoever runs this server sets LOKI_ALLOW_OVERRIDE=true; without it ask for less")
	case override:
		v.Warnings = append(v.Warnings, "the guard was overridden: nothing limits what this query reads")
		return v, nil
	case g.off || len(q.Selectors) == 0:
		return v, nil
	}
	for _, s := range q.Selectors {
		if !s.Selective() {
			return v, l.tooWide(ctx, s, r)
		}
	}
	if length := r.End.Sub(r.Start) + q.Reach(); length > l.guard.maxRange {
		return v, l.tooLong(q, r, length)
	}
	estimate, err := l.estimate(ctx, q, r)
	var e *kit.Error
	switch {
	case errors.As(err, &e) && e.Code == kit.Unsupported:
		v.Warnings = append(v.Warnings, "how much this reads is not known: "+e.Message)
		return v, nil
	case err != nil:
		return v, err
	}
	v.Estimate = &estimate
	if estimate.Bytes > l.guard.maxBytes {
		return v, l.tooMuch(q, r, estimate.Bytes)
	}
	return v, nil
}

// tooWide is the error for a selector that does not say which streams. Its
// example has a label that exists.
func (l *loki) tooWide(ctx context.Context, s logql.Selector, r kit.Range) error {
	e := kit.Errorf(kit.FailedPrecondition, "the selector %s reads all streams: no matcher names a value (!=, !~, =~\".+\" and =~\".*\" do not)", kit.Shorten(s.Text, 200))
	short, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	var names []string
	if err := l.client.data(short, "labels", span(r), &names); err == nil {
		if i := slices.IndexFunc(usual, func(name string) bool { return slices.Contains(names, name) }); i >= 0 {
			names = []string{usual[i]}
		}
		var values []string
		if len(names) > 0 && l.client.data(short, "label/"+url.PathEscape(names[0])+"/values", span(r), &values) == nil && len(values) > 0 {
			return e.WithHint("name a value, for example {%s=%s}; list_label_values label=%s has %d", names[0], logql.Quote(l.shorten(values[0], 80)), names[0], len(values))
		}
	}
	return e.WithHint(`name a value, for example {app="api"}; list_labels and list_label_values have what there is`)
}

// usual are the labels that most often say whose lines they are.
var usual = []string{"service_name", "app", "application", "service", "job", "container", "namespace", "host", "filename"}

func (l *loki) tooLong(q logql.Query, r kit.Range, length time.Duration) error {
	e := kit.Errorf(kit.FailedPrecondition, "the query reads %s, the guard allows %s", kit.FormatDuration(length), kit.FormatDuration(l.guard.maxRange))
	if reach := q.Reach(); reach >= l.guard.maxRange {
		return e.WithHint("shorten the range in brackets or the offset, which is %s", kit.FormatDuration(reach))
	}
	return e.WithHint("for example start=%s end=%s", kit.FormatTime(r.End.Add(q.Reach()-l.guard.maxRange)), kit.FormatTime(r.End))
}

// tooMuch is the error for a query over the budget. Its example is the part of
// the range that would be within.
func (l *loki) tooMuch(q logql.Query, r kit.Range, bytes int64) error {
	e := kit.Errorf(kit.FailedPrecondition, "the query would read about %s, the guard allows %s; filters and a limit of lines do not make it less", formatBytes(bytes), formatBytes(l.guard.maxBytes))
	length := r.End.Sub(r.Start)
	part := time.Duration(float64(length) * float64(l.guard.maxBytes) / float64(bytes) * 0.9)
	for _, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		if part >= unit {
			part = part.Truncate(unit)
			break
		}
	}
	label := "pod"
	for _, s := range q.Selectors {
		if slices.ContainsFunc(s.Matchers, func(m logql.Matcher) bool { return m.Name == label }) {
			label = "container"
		}
	}
	if part < time.Second || q.Reach() > part {
		return e.WithHint("narrow the selector by one more label, such as %s; list_series shows which it has", label)
	}
	return e.WithHint("for example start=%s end=%s, or narrow the selector by one more label, such as %s; list_series shows which it has", kit.FormatTime(r.End.Add(-part)), kit.FormatTime(r.End), label)
}

// stats is what the index knows of a selector.
type stats struct {
	Streams int64 `json:"streams"`
	Chunks  int64 `json:"chunks"`
	Entries int64 `json:"entries"`
	Bytes   int64 `json:"bytes"`
}

// estimate adds up what the selectors of a query have in the index.
func (l *loki) estimate(ctx context.Context, q logql.Query, r kit.Range) (sum stats, err error) {
	done := make(map[string]bool)
	for _, s := range q.Selectors {
		of := kit.Range{Start: r.Start.Add(-s.Range - s.Offset), End: r.End.Add(-s.Offset)}
		key := s.Text + of.Start.String()
		if done[key] {
			continue
		}
		done[key] = true
		one, err := l.statsOf(ctx, s, of)
		if err != nil {
			return sum, err
		}
		sum.Streams += one.Streams
		sum.Chunks += one.Chunks
		sum.Entries += one.Entries
		sum.Bytes += one.Bytes
	}
	return sum, nil
}

// statsOf asks the index, which learns of lines when they are written to
// chunks: for the last hours it may know nothing, and their volume is asked.
func (l *loki) statsOf(ctx context.Context, s logql.Selector, r kit.Range) (stats, error) {
	params := span(r)
	params.Set("query", s.Text)
	var one stats
	if err := l.client.get(ctx, "index/stats", params, &one); err != nil {
		return one, pointAt(err, s.Text)
	}
	if one.Bytes > 0 {
		return one, nil
	}
	rows, err := l.volumes(ctx, s, r, nil)
	if err != nil {
		if ctx.Err() != nil {
			return one, err
		}
		return one, nil // the index has answered
	}
	for _, row := range rows {
		one.Bytes += row.bytes
	}
	return one, nil
}

var size = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?(?i:([KMGT]?)(?:i?B)?)$`)

func parseBytes(text string) (int64, bool) {
	m := size.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	for i := strings.Index(" KMGT", strings.ToUpper(m[2])); i > 0 && m[2] != ""; i-- {
		n *= 1024
	}
	return int64(n), err == nil && n >= 1 && n < 1<<60
}

// formatBytes writes a size in the unit that leaves one to three digits before the point.
func formatBytes(n int64) string {
	f, unit := float64(n), 0
	for f >= 1024 && unit < 5 {
		f /= 1024
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}[unit]
}
