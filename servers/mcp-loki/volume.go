package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/table"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

type volumeArgs struct {
	Query   string   `arg:"query,required" alias:"selector,match"`
	GroupBy []string `arg:"group_by" doc:"labels" alias:"by,target_labels"`
	Start   string   `arg:"start,loose"`
	End     string   `arg:"end,loose"`
	Step    string   `arg:"step,loose" doc:"for bytes over time: auto, 5m"`
	kit.Paging
}

// volumeHead is what is said of all rows.
type volumeHead struct {
	about
	Total int64  `json:"total_bytes"`
	Step  string `json:"step,omitempty"`
}

func (l *loki) getVolume() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "get_volume",
		Title:       "Volume by label",
		Description: "Bytes of log by label, most first, from the index: who logs how much.",
		Hints:       kit.ReadLocal,
		Output:      outline{},
		ListName:    "volumes",
		Example:     `{"query":"{namespace=\"shop\"}","group_by":["app"]}`,
	}, l.runGetVolume)
}

func (l *loki) runGetVolume(ctx context.Context, a volumeArgs) (*kit.Result, error) {
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	head := volumeHead{about: aboutRange(r)}
	s, err := selectorOf(a.Query, &head.about)
	if err != nil {
		return nil, err
	}
	params := span(r)
	params.Set("query", s.Text)
	params.Set("limit", strconv.Itoa(maxVolumes))
	if len(a.GroupBy) > 0 {
		params.Set("targetLabels", strings.Join(a.GroupBy, ","))
	}
	list, err := l.volumesOf(ctx, "index/volume", params)
	if err != nil {
		return nil, pointAt(err, s.Text)
	}
	for _, v := range list {
		head.Total += v.bytes
	}
	if len(list) >= maxVolumes {
		head.Warnings = append(head.Warnings, "only the "+strconv.Itoa(maxVolumes)+" largest are here: group by fewer labels, or narrow the selector")
	}
	over := make(map[string][]num)
	if a.Step != "" && len(list) > 0 {
		step, err := parseStep(a.Step, r.End.Sub(r.Start), 30)
		if err != nil {
			return nil, err
		}
		head.Step = kit.FormatDuration(step)
		params.Set("step", strconv.FormatFloat(step.Seconds(), 'f', -1, 64))
		points, err := l.volumesOf(ctx, "index/volume_range", params)
		if err != nil {
			return nil, err
		}
		for _, v := range points {
			over[streamKey(v.labels)] = perStep(v.points, r, step)
		}
	}
	labels := make([]map[string]string, len(list))
	for i, v := range list {
		labels[i] = v.labels
	}
	head.Labels = table.Hoist(labels)
	rows := make([]row, len(list))
	for i, v := range list {
		rows[i] = row{labels[i], []field{{"bytes", v.bytes}, {"share", share(v.bytes, head.Total)}}}
		if head.Step != "" {
			rows[i].fields = append(rows[i].fields, field{"points", over[streamKey(v.labels)]})
		}
	}
	if len(list) == 0 {
		head.Hints = []string{"no bytes in this range; list_labels and an earlier start show what there is"}
	}
	result := kit.Records(head, kit.Slice(a.Paging, rows)).Pin("start", head.Start).Pin("end", head.End).Untrusted()
	if head.Step != "" {
		result.Pin("step", head.Step)
	}
	return result, nil
}

// share of a whole, in percent.
func share(part, whole int64) string {
	if whole == 0 {
		return "0%"
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 1, 64) + "%"
}

type statsArgs struct {
	Query string `arg:"query,required" alias:"selector,match"`
	Start string `arg:"start,loose"`
	End   string `arg:"end,loose"`
}

type statsOutline struct {
	outline
	Bytes   int64  `json:"bytes"`
	Verdict string `json:"verdict"`
}

type statsAnswer struct {
	Start    string   `json:"start"`
	End      string   `json:"end"`
	Streams  int64    `json:"streams"`
	Chunks   int64    `json:"chunks"`
	Entries  int64    `json:"entries"`
	Bytes    int64    `json:"bytes"`
	Size     string   `json:"size"`
	Verdict  string   `json:"verdict"`
	Warnings []string `json:"warnings,omitempty"`
}

func (l *loki) getStats() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "get_stats",
		Title:       "Size of a query",
		Description: "What a query would read, from the index, and whether the guard lets it. Reads no lines.",
		Hints:       kit.ReadLocal,
		Output:      statsOutline{},
		Example:     `{"query":"{app=\"api\"}","start":"now-12h"}`,
	}, l.runGetStats)
}

func (l *loki) runGetStats(ctx context.Context, a statsArgs) (*kit.Result, error) {
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	q, err := scanned(withStep(a.Query, autoStep(r.End.Sub(r.Start), 60)))
	if err != nil {
		return nil, err
	}
	if len(q.Selectors) == 0 {
		return nil, kit.Errorf(kit.InvalidArgument, "the query has no selector").WithHint(`for example {app="api"}`)
	}
	sum, err := l.estimate(ctx, q, r)
	if err != nil {
		return nil, err
	}
	answer := statsAnswer{
		Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End),
		Streams: sum.Streams, Chunks: sum.Chunks, Entries: sum.Entries, Bytes: sum.Bytes, Size: formatBytes(sum.Bytes),
		Verdict: l.verdict(q, r, sum.Bytes),
	}
	if sum.Bytes > 0 && sum.Entries == 0 {
		answer.Warnings = append(answer.Warnings, "the index does not count these yet: they are too new. bytes are from the volume; query_metric with count_over_time counts entries")
	}
	return kit.Record(answer).Untrusted(), nil
}

// verdict says what the guard would.
func (l *loki) verdict(q logql.Query, r kit.Range, bytes int64) string {
	g := l.guard
	if g.off {
		return "the guard is off"
	}
	for _, s := range q.Selectors {
		if !s.Selective() {
			return "refused: " + s.Text + " names no value"
		}
	}
	if length := r.End.Sub(r.Start) + q.Reach(); length > g.maxRange {
		return "refused: the range of " + kit.FormatDuration(length) + " is over " + kit.FormatDuration(g.maxRange)
	}
	if bytes > g.maxBytes {
		return "refused: over " + formatBytes(g.maxBytes)
	}
	return "within the guard's " + formatBytes(g.maxBytes)
}
