package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/loom-core/loom/servers/kit"
)

type seriesArgs struct {
	Match []string `arg:"match,required,nosplit" doc:"series selectors" alias:"match[],matchers,selector,query,metric"`
	Start string   `arg:"start,loose" doc:"default 1h before end"`
	End   string   `arg:"end,loose"`
	kit.Paging
}

type seriesAbout struct {
	labelsAbout
	Common map[string]string `json:"common_labels,omitempty"`
	Values map[string]int    `json:"values_per_label,omitempty"`
}

// seriesLimit keeps the list of series, each with all of its labels, well below
// the largest body that is read.
const seriesLimit = 20_000

func (p *prometheus) listSeries() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_series",
		Title:       "List series",
		Description: "Label sets of the series that match. Labels that all share are given once.",
		Hints:       kit.ReadLocal,
		ListName:    "series",
		PerPage:     50, MaxPerPage: 500,
	}, p.runListSeries)
}

func (p *prometheus) runListSeries(ctx context.Context, a seriesArgs) (*kit.Result, error) {
	params, r, err := among{a.Match, a.Start, a.End}.params(p.now(), seriesLimit)
	if err != nil {
		return nil, err
	}
	var sets []map[string]string
	notes, err := p.client.call(ctx, "series", params, &sets)
	if err != nil {
		return nil, pointAt(err, a.Match[0])
	}
	head := seriesAbout{labelsAbout: newLabelsAbout(r, notes)}
	all := make([]series, len(sets))
	for i, set := range sets {
		all[i].Metric = set
	}
	head.Common = hoist(all)
	head.Values = cardinality(all)
	slices.SortFunc(all, func(x, y series) int { return cmp.Compare(labelText(x.Metric), labelText(y.Metric)) })
	switch {
	case len(all) == 0:
		head.Hints = []string{"no series match in this range; an earlier start may have some, list_metrics has the names"}
	case len(all) >= seriesLimit:
		head.Hints = []string{fmt.Sprintf("there may be more than %d: query count(%s) counts them, a narrower match lists them", seriesLimit, a.Match[0])}
	}
	page := kit.Slice(a.Paging, all)
	page.TotalIsEstimate = len(all) >= seriesLimit
	lines, err := mapPage(page, func(s series) (line, error) { return line{labels: s.Metric}, nil })
	if err != nil {
		return nil, err
	}
	return kit.Records(head, lines).Pin("start", head.Start).Pin("end", head.End).Narrow("narrow match").Untrusted(), nil
}
