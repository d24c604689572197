package main

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

type tsdbArgs struct {
	Limit int `arg:"limit,clamp" doc:"rows per table" default:"10" min:"1" max:"100" alias:"per_page,top"`
}

type tsdbStatus struct {
	Series     int        `json:"series"`
	LabelPairs int        `json:"label_pairs"`
	Chunks     int        `json:"chunks"`
	Oldest     string     `json:"oldest,omitempty"`
	Newest     string     `json:"newest,omitempty"`
	Metrics    []tsdbStat `json:"series_by_metric"`
	Labels     []tsdbStat `json:"values_by_label"`
	Memory     []tsdbStat `json:"bytes_by_label"`
	Pairs      []tsdbStat `json:"series_by_label_pair"`
	Warnings   []string   `json:"warnings,omitempty"`
}

type tsdbStat struct {
	Name  string `json:"name"`
	Value int    `json:"value"`
}

func (p *prometheus) getTSDBStatus() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "get_tsdb_status",
		Title:       "Get cardinality of the database",
		Description: "Size of the head block, and the metrics and labels with the most series, values and bytes.",
		Hints:       kit.ReadLocal,
		Output:      struct{}{},
	}, p.runTSDBStatus)
}

func (p *prometheus) runTSDBStatus(ctx context.Context, a tsdbArgs) (*kit.Result, error) {
	var data struct {
		Head struct {
			Series     int   `json:"numSeries"`
			LabelPairs int   `json:"numLabelPairs"`
			Chunks     int   `json:"chunkCount"`
			MinTime    int64 `json:"minTime"`
			MaxTime    int64 `json:"maxTime"`
		} `json:"headStats"`
		Metrics []tsdbStat `json:"seriesCountByMetricName"`
		Labels  []tsdbStat `json:"labelValueCountByLabelName"`
		Memory  []tsdbStat `json:"memoryInBytesByLabelName"`
		Pairs   []tsdbStat `json:"seriesCountByLabelValuePair"`
	}
	notes, err := p.client.call(ctx, "status/tsdb", url.Values{"limit": {strconv.Itoa(a.Limit)}}, &data)
	if err != nil {
		return nil, optional(err, "status of its database", `query topk(10, count by (__name__) ({__name__!=""})) counts series by metric, at a cost`)
	}
	first := func(list []tsdbStat) []tsdbStat { return list[:min(len(list), a.Limit)] } // before 2.49 there is no limit
	return kit.Record(tsdbStatus{
		Series: data.Head.Series, LabelPairs: data.Head.LabelPairs, Chunks: data.Head.Chunks,
		Oldest: milliseconds(data.Head.MinTime), Newest: milliseconds(data.Head.MaxTime),
		Metrics: first(data.Metrics), Labels: first(data.Labels), Memory: first(data.Memory), Pairs: first(data.Pairs),
		Warnings: notes.Warnings,
	}).Untrusted(), nil
}

// milliseconds is a time of the database. An empty one has times outside of
// all calendars.
func milliseconds(ms int64) string {
	if t := time.UnixMilli(ms); t.Year() > 1970 && t.Year() < 10_000 {
		return kit.FormatTime(t)
	}
	return ""
}
