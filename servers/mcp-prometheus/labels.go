package main

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

type labelsArgs struct {
	Match []string `arg:"match,nosplit" doc:"series selectors, such as up{job=\"api\"}" alias:"match[],matchers,selector"`
	Start string   `arg:"start,loose" doc:"default 1h before end"`
	End   string   `arg:"end,loose" doc:"default now"`
	kit.Paging
}

type labelsAbout struct {
	Start    string   `json:"start"`
	End      string   `json:"end"`
	Warnings []string `json:"warnings,omitempty"`
	Hints    []string `json:"hints,omitempty"`
}

// listLimit is the most names that are fetched; over it the server says so in
// a warning and the total is not known.
const listLimit = 50_000

func (p *prometheus) listLabels() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_labels",
		Title:       "List label names",
		Description: "Names of the labels in use, of all series or of those that match.",
		Hints:       kit.ReadLocal,
		Output:      labelsAbout{},
		ListName:    "labels",
		PerPage:     100, MaxPerPage: 500,
	}, p.runListLabels)
}

func (p *prometheus) runListLabels(ctx context.Context, a labelsArgs) (*kit.Result, error) {
	r, err := kit.ParseRange(a.Start, a.End, p.now(), time.Hour, 0)
	if err != nil {
		return nil, err
	}
	var names []string
	notes, err := p.client.call(ctx, "labels", url.Values{
		"match[]": a.Match, "start": {unix(r.Start)}, "end": {unix(r.End)}, "limit": {strconv.Itoa(listLimit)},
	}, &names)
	if err != nil {
		return nil, err
	}
	head := labelsAbout{Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End), Warnings: notes.Warnings}
	if len(names) == 0 {
		head.Hints = []string{"no series match in this range; an earlier start may have some, list_metrics has the names"}
	}
	page := kit.Slice(a.Paging, names)
	page.TotalIsEstimate = len(names) >= listLimit
	return kit.Records(head, page).Pin("start", head.Start).Pin("end", head.End).Untrusted(), nil
}
