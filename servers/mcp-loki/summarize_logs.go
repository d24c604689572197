package main

import (
	"context"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

type summarizeArgs struct {
	source
	Start    string `arg:"start,loose" doc:"default 1h before end"`
	End      string `arg:"end,loose"`
	Compare  string `arg:"compare" enum:"previous,none" default:"previous"`
	Patterns int    `arg:"patterns,clamp" default:"10" min:"0" max:"50"`
	Override bool   `arg:"override"`
}

type summaryAnswer struct {
	Query    string            `json:"query"`
	Start    string            `json:"start"`
	End      string            `json:"end"`
	Total    int64             `json:"total"`
	Previous *previous         `json:"previous,omitempty"`
	First    string            `json:"first_seen,omitempty"`
	Last     string            `json:"last_seen,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Levels   []levelRow        `json:"levels,omitempty"`
	Volume   []bucketRow       `json:"volume,omitempty"`
	From     string            `json:"patterns_from,omitempty"`
	Patterns []patternRow      `json:"patterns,omitempty"`
	Errors   []errorRow        `json:"errors,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
	Hints    []string          `json:"hints,omitempty"`
}

// summaryOutline is what tools/list says of it.
type summaryOutline struct {
	outline
	Total    int64        `json:"total"`
	Levels   []levelRow   `json:"levels,omitempty"`
	Volume   []bucketRow  `json:"volume,omitempty"`
	Patterns []patternRow `json:"patterns,omitempty"`
	Errors   []errorRow   `json:"errors,omitempty"`
}

type previous struct {
	Start  string `json:"start"`
	End    string `json:"end"`
	Total  int64  `json:"total"`
	Change string `json:"change"`
}

type levelRow struct {
	Level    string `json:"level"`
	Count    int64  `json:"count"`
	Share    string `json:"share"`
	Previous *int64 `json:"previous,omitempty"`
	Change   string `json:"change,omitempty"`
}

type bucketRow struct {
	Start  string `json:"start"`
	Count  int64  `json:"count"`
	Errors int64  `json:"errors"`
}

type patternRow struct {
	Pattern string `json:"pattern"`
	Count   int64  `json:"count"`
	Share   string `json:"share"`
	Level   string `json:"level,omitempty"`
	First   string `json:"first,omitempty"`
	Last    string `json:"last,omitempty"`
}

type errorRow struct {
	Time   string `json:"time"`
	Level  string `json:"level"`
	Count  int    `json:"like_it"`
	Stream string `json:"stream,omitempty"`
	Line   string `json:"line"`
}

func (l *loki) summarizeLogs() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "summarize_logs",
		Title:       "Summarize logs",
		Description: "What was logged, in one call: lines by level and over time, patterns, errors of each kind, change to the window before.",
		Hints:       kit.ReadLocal,
		Output:      summaryOutline{},
		Example:     `{"labels":{"app":"api"},"start":"now-2h"}`,
	}, l.runSummarizeLogs)
}

func (l *loki) runSummarizeLogs(ctx context.Context, a summarizeArgs) (*kit.Result, error) {
	q, err := a.lines()
	if err != nil {
		return nil, err
	}
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	// Counting takes whole milliseconds.
	r.Start, r.End = r.Start.Truncate(time.Millisecond), r.End.Truncate(time.Millisecond)
	if r.End.Sub(r.Start) < buckets*time.Millisecond {
		return nil, kit.Errorf(kit.InvalidArgument, "a range of %s is too short to summarize", kit.FormatDuration(r.End.Sub(r.Start))).WithHint("query_logs shows its lines")
	}
	passed, err := l.check(ctx, q, r, a.Override)
	if err != nil {
		return nil, err
	}
	s := &summing{shorten: l.shorten}
	warnings, err := upstream.Together(ctx, s.tasks(l, q, r, a)...)
	if err != nil {
		return nil, pointAt(err, q.Text)
	}
	answer := summaryAnswer{Query: q.Text, Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End), Warnings: append(passed.Warnings, warnings...)}
	s.fill(&answer, r, a)
	if answer.Total == 0 {
		answer.Hints = l.absent(ctx, q, r)
	}
	return kit.Record(answer).Untrusted().Narrow("set patterns lower"), nil
}
