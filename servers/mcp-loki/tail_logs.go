package main

import (
	"context"
	"slices"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

type tailArgs struct {
	Query   string `arg:"query,required"`
	Window  string `arg:"window,loose" default:"5m"`
	PerPage int    `arg:"per_page,clamp" default:"100" min:"1" max:"1000"`
	Cursor  string `arg:"cursor,loose" doc:"for newer lines only"`
	LineMax int    `arg:"line_max" default:"500"`
}

// ahead is how far after now lines are taken: clocks differ.
const ahead = time.Minute

func (l *loki) tailLogs() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "tail_logs",
		Title:       "Tail logs",
		Description: "The newest lines, oldest first. With next_cursor a later call has only what came since; it does not wait.",
		Hints:       kit.ReadLocal,
		Example:     `{"query":"{app=\"api\"}","window":"10m"}`,
	}, l.runTailLogs)
}

func (l *loki) runTailLogs(ctx context.Context, a tailArgs) (*kit.Result, error) {
	q, err := linesQuery(a.Query)
	if err != nil {
		return nil, err
	}
	key := cursorKey("tail_logs", q, "")
	now := l.now()
	var from place
	if a.Cursor != "" {
		if err := kit.DecodeCursor(key, a.Cursor, &from); err != nil {
			return nil, err
		}
		from.End = now.Add(ahead).UnixNano()
	} else {
		window, err := kit.ParseDuration(a.Window)
		if err != nil || window <= 0 {
			return nil, kit.Errorf(kit.InvalidArgument, "argument \"window\": %q is no duration; write 30s, 5m or 1h", a.Window)
		}
		from = begin(kit.Range{Start: now.Add(-window), End: now.Add(ahead)})
	}
	r := kit.Range{Start: time.Unix(0, max(from.Start, from.At)), End: now}
	if !r.Start.Before(r.End) {
		r.Start = r.End.Add(-time.Millisecond) // nothing to estimate
	}
	passed, err := l.check(ctx, q, r, false)
	if err != nil {
		return nil, err
	}
	meta := logsMeta{Query: q.Text, Start: kit.FormatTime(r.Start), End: kit.FormatTime(now), Warnings: passed.Warnings}
	k := look{shorten: l.shorten, lineMax: lineMax(a.LineMax)}

	if a.Cursor == "" { // the newest of the window
		lines, more, what, err := l.client.page(ctx, q.Text, backward, from, a.PerPage)
		if err != nil {
			return nil, err
		}
		slices.Reverse(lines)
		meta.read(what)
		if len(lines) == 0 {
			meta.Hints = l.absent(ctx, q, r)
		}
		if more {
			meta.Warnings = append(meta.Warnings, "the window has older lines too: query_logs has them")
		}
		return kit.Entries(len(lines), func(kept int) (any, string) {
			m, s := meta, k.show(lines[len(lines)-kept:])
			m.Count, m.Labels, m.Hidden = kept, s.labels, s.hidden
			m.Cursor = kit.EncodeCursor(key, from.after(lines))
			return m, s.body
		}).KeepEnd().Untrusted().Narrow(narrowLogs), nil
	}

	lines, more, what, err := l.client.page(ctx, q.Text, forward, from, a.PerPage)
	if err != nil {
		return nil, err
	}
	meta.read(what)
	if len(lines) == 0 {
		meta.Hints = []string{"nothing new since then; call again with the same cursor later"}
	}
	return kit.Entries(len(lines), func(kept int) (any, string) {
		m, s := meta, k.show(lines[:kept])
		m.Count, m.Labels, m.Hidden = kept, s.labels, s.hidden
		cursor := kit.EncodeCursor(key, from.after(lines[:kept]))
		if more || kept < len(lines) {
			m.goOn(cursor)
		}
		m.Cursor = cursor
		return m, s.body
	}).Untrusted().Narrow(narrowLogs), nil
}
