package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

type contextArgs struct {
	Labels  map[string]string `arg:"labels,required" doc:"of its stream"`
	Time    string            `arg:"time,required" doc:"as query_logs shows it, with the date" alias:"timestamp,ts,at"`
	Before  int               `arg:"before" default:"10"`
	After   int               `arg:"after" alias:"-" default:"10"`
	LineMax int               `arg:"line_max" default:"500"`
}

func (l *loki) getLogContext() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "get_log_context",
		Title:       "Lines around a line",
		Description: "What a stream logged before and after a line, unfiltered. > marks lines of that time.",
		Hints:       kit.ReadLocal,
		Example:     `{"labels":{"app":"api","pod":"api-0"},"time":"2026-11-01T12:00:00.123Z","before":20}`,
	}, l.runGetLogContext)
}

// reaches are how far context is looked for at first, and then.
var reaches = []time.Duration{10 * time.Minute, 12 * time.Hour}

// found are labels that Loki shows and no stream has.
var found = []string{"detected_level", "__error__", "__error_details__"}

func (l *loki) runGetLogContext(ctx context.Context, a contextArgs) (*kit.Result, error) {
	a.Before, a.After = min(max(a.Before, 0), mostAround), min(max(a.After, 0), mostAround)
	at, err := kit.ParseTime(a.Time, l.now())
	if err != nil {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"time\": %w", err)
	}
	for _, name := range found {
		delete(a.Labels, name)
	}
	selector, err := logql.Exactly(a.Labels)
	if err != nil {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"labels\": %w", err)
	}
	q, err := linesQuery(selector)
	if err != nil {
		return nil, err
	}
	// What is written in milliseconds means all lines of that millisecond.
	width := time.Duration(1)
	switch nanos := at.Nanosecond(); {
	case nanos == 0 && !strings.Contains(a.Time, "."):
		width = time.Second
	case nanos%int(time.Millisecond) == 0:
		width = time.Millisecond
	case nanos%int(time.Microsecond) == 0:
		width = time.Microsecond
	}
	var before, those, after []entry
	var passed verdict
	reached := time.Duration(0)
	for i, reach := range reaches {
		reach = min(reach, l.reach(at, width))
		whole := kit.Range{Start: at.Add(-reach), End: at.Add(width + reach)}
		v, err := l.check(ctx, q, whole, false)
		if err != nil {
			if i > 0 {
				break // what was found near is an answer
			}
			return nil, err
		}
		passed, reached = v, reach
		if before, those, after, err = l.around(ctx, q.Text, whole, at, width, a.Before, a.After); err != nil {
			return nil, err
		}
		if len(before) >= a.Before && len(after) >= a.After {
			break
		}
	}
	meta := logsMeta{Query: selector, Start: kit.FormatTime(at.Add(-reached)), End: kit.FormatTime(at.Add(width + reached)), Warnings: passed.Warnings}
	lines := slices.Concat(before, those, after)
	streams := make(map[string]bool)
	for _, e := range lines {
		streams[streamKey(e.labels)] = true
	}
	if len(streams) > 1 {
		meta.Warnings = append(meta.Warnings, "the labels are those of several streams: their lines are mixed; more labels name one")
	}
	switch {
	case len(lines) == 0:
		meta.Hints = l.absent(ctx, q, kit.Range{Start: at.Add(-reached), End: at.Add(width + reached)})
	case len(those) == 0:
		meta.Warnings = append(meta.Warnings, "no line has that time: these are around it")
	}
	k := look{shorten: l.shorten, lineMax: lineMax(a.LineMax), mark: func(e entry) bool { return e.at >= at.UnixNano() && e.at < at.Add(width).UnixNano() }}
	// A cap takes from both ends: the middle is what was asked for.
	middle := len(before) + len(those)/2
	return kit.Entries(len(lines), func(kept int) (any, string) {
		start := min(max(0, middle-kept/2), len(lines)-kept)
		m, s := meta, k.show(lines[start:start+kept])
		m.Count, m.Labels, m.Hidden = kept, s.labels, s.hidden
		return m, s.body
	}).Untrusted().Narrow("use smaller before and after, or a smaller line_max"), nil
}

// reach is how far the guard lets it look to both sides of a time.
func (l *loki) reach(at time.Time, width time.Duration) time.Duration {
	if l.guard.off {
		return 12 * time.Hour
	}
	return (l.guard.maxRange - width) / 2
}

// mostAround is how many lines are shown on one side.
const mostAround = 500

// mostAtOnce is how many lines of the very time are shown.
const mostAtOnce = 100

// around asks for the lines before, at and after a time, in their order.
func (l *loki) around(ctx context.Context, query string, whole kit.Range, at time.Time, width time.Duration, nBefore, nAfter int) (before, those, after []entry, err error) {
	ask := func(name string, into *[]entry, n int, r kit.Range, dir direction) upstream.Task {
		return upstream.Task{Name: name, Do: func(ctx context.Context) error {
			if n == 0 {
				return nil
			}
			list, _, _, err := l.client.fetch(ctx, query, r, n, dir)
			if err != nil {
				return err
			}
			*into = list
			return nil
		}}
	}
	warnings, err := upstream.Together(ctx,
		ask("at", &those, mostAtOnce, kit.Range{Start: at, End: at.Add(width)}, forward),
		ask("before", &before, nBefore, kit.Range{Start: whole.Start, End: at}, backward),
		ask("after", &after, nAfter, kit.Range{Start: at.Add(width), End: whole.End}, forward))
	if err == nil && len(warnings) > 0 {
		err = kit.Errorf(kit.Unavailable, "reading the lines around: %s", warnings[0])
	}
	slices.Reverse(before)
	return before, those, after, err
}
