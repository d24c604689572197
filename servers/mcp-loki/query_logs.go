package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

type logsArgs struct {
	source
	Start     string `arg:"start,loose" doc:"default 1h before end"`
	End       string `arg:"end,loose" doc:"default now"`
	PerPage   int    `arg:"per_page,clamp" default:"50" min:"1" max:"1000"`
	Direction string `arg:"direction" enum:"backward,forward" default:"backward"`
	Cursor    string `arg:"cursor,loose"`
	display
	Override bool `arg:"override"`
}

// display are the arguments on how lines look.
type display struct {
	Keep    []string `arg:"keep_labels"`
	LineMax int      `arg:"line_max" default:"500"`
	Dedupe  bool     `arg:"dedupe" doc:"fold lines of one shape"`
}

func (d display) look(s shortener) look {
	return look{shorten: s, lineMax: lineMax(d.LineMax), keep: d.Keep, dedupe: d.Dedupe}
}

// logsMeta is the metadata of an answer with lines.
type logsMeta struct {
	Query     string            `json:"query"`
	Start     string            `json:"start,omitempty"`
	End       string            `json:"end,omitempty"`
	Direction direction         `json:"direction,omitempty"`
	Count     int               `json:"count"`
	Labels    map[string]string `json:"labels,omitempty"`
	Hidden    []string          `json:"labels_not_shown,omitempty"`
	Estimate  int64             `json:"entries_estimate,omitempty"`
	Scanned   string            `json:"scanned,omitempty"`
	Lines     int64             `json:"scanned_lines,omitempty"`
	TookMS    int64             `json:"took_ms,omitempty"`
	HasMore   bool              `json:"has_more"`
	Cursor    string            `json:"next_cursor,omitempty"`
	NextArgs  map[string]any    `json:"next_args,omitempty"`
	Warnings  []string          `json:"warnings,omitempty"`
	Hints     []string          `json:"hints,omitempty"`
}

// longCursor is said once, in next_args: many lines with one time make it long.
const longCursor = 400

func (m *logsMeta) goOn(cursor string) {
	m.HasMore = true
	m.NextArgs = map[string]any{"cursor": cursor}
	if len(cursor) <= longCursor {
		m.Cursor = cursor
	}
}

func (m *logsMeta) read(r read) {
	if r.Lines > 0 {
		m.Scanned, m.Lines, m.TookMS = formatBytes(r.Bytes), r.Lines, int64(r.Took*1000)
	}
}

const narrowLogs = "use a smaller per_page, a smaller line_max, or dedupe"

func (l *loki) queryLogs() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "query_logs",
		Title:       "Query logs",
		Description: "Log lines, newest first: time, level, text. Labels that lines share are said once. For counts use query_metric or summarize_logs.",
		Hints:       kit.ReadLocal,
		Example:     `{"labels":{"app":"api"},"contains":["timeout"],"level":["error"],"start":"now-3h"}`,
	}, l.runQueryLogs)
}

func (l *loki) runQueryLogs(ctx context.Context, a logsArgs) (*kit.Result, error) {
	q, err := a.lines()
	if err != nil {
		return nil, err
	}
	key := cursorKey("query_logs", q, a.Direction)
	var from place
	if a.Cursor != "" {
		if err := kit.DecodeCursor(key, a.Cursor, &from); err != nil {
			return nil, err
		}
	} else {
		r, err := l.rangeOf(a.Start, a.End)
		if err != nil {
			return nil, err
		}
		from = begin(r)
	}
	r := kit.Range{Start: time.Unix(0, from.Start), End: time.Unix(0, from.End)}
	passed, err := l.check(ctx, q, r, a.Override)
	if err != nil {
		return nil, err
	}
	lines, more, what, err := l.client.page(ctx, q.Text, direction(a.Direction), from, a.PerPage)
	if err != nil {
		return nil, err
	}
	meta := logsMeta{
		Query: q.Text, Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End), Direction: direction(a.Direction), Warnings: passed.Warnings,
	}
	meta.read(what)
	if passed.Estimate != nil && !q.Selectors[0].Pipeline() {
		meta.Estimate = passed.Estimate.Entries
	}
	if len(lines) == 0 && from.At == 0 {
		meta.Hints = l.absent(ctx, q, r)
	}
	k := a.look(l.shorten)
	return kit.Entries(len(lines), func(kept int) (any, string) {
		m, s := meta, k.show(lines[:kept])
		m.Count, m.Labels, m.Hidden = kept, s.labels, s.hidden
		if more || kept < len(lines) {
			m.goOn(kit.EncodeCursor(key, from.after(lines[:kept])))
		}
		return m, s.body
	}).Untrusted().Narrow(narrowLogs), nil
}

// cursorKey stands for what a cursor goes through.
func cursorKey(tool string, q logql.Query, more string) string {
	sum := sha256.Sum256([]byte(tool + "\x00" + q.Text + "\x00" + more))
	return hex.EncodeToString(sum[:4])
}
