package main

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// instant evaluates a query whose result is a vector, or a scalar as one series.
func (p *prometheus) instant(ctx context.Context, query string, at time.Time) ([]series, notes, error) {
	params := url.Values{"query": {query}, "time": {unix(at)}}
	setTimeout(ctx, params)
	var data struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	}
	notes, err := p.client.call(ctx, "query", params, &data)
	if err != nil {
		return nil, notes, err
	}
	if data.ResultType == "scalar" {
		one := make([]series, 1)
		if err := json.Unmarshal(data.Result, &one[0].Value); err != nil {
			return nil, notes, kit.Errorf(kit.Unavailable, "decoding the scalar: %w", err)
		}
		return one, notes, nil
	}
	var all []series
	if err := json.Unmarshal(data.Result, &all); err != nil {
		return nil, notes, kit.Errorf(kit.Unavailable, "decoding the series: %w", err)
	}
	return all, notes, nil
}

// single is the value of a query with one, 0 for a query with none: count of
// nothing is nothing.
func (p *prometheus) single(ctx context.Context, query string, at time.Time) (float64, error) {
	all, _, err := p.instant(ctx, query, at)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	return all[0].Value.v, nil
}

// steps evaluates a query over a range.
func (p *prometheus) steps(ctx context.Context, query string, r kit.Range, step time.Duration) ([]series, error) {
	params := url.Values{"query": {query}, "start": {unix(r.Start)}, "end": {unix(r.End)}, "step": {kit.FormatDuration(step)}}
	setTimeout(ctx, params)
	var data struct {
		Result []series `json:"result"`
	}
	_, err := p.client.call(ctx, "query_range", params, &data)
	return data.Result, err
}
