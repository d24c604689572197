package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

// sample is [unix seconds, "value"].
type sample struct {
	at float64
	v  float64
}

func (s *sample) UnmarshalJSON(raw []byte) error {
	var pair []any
	if err := json.Unmarshal(raw, &pair); err != nil || len(pair) != 2 {
		return errors.New("a sample is not a time and a value")
	}
	s.at, _ = pair[0].(float64)
	text, _ := pair[1].(string)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return errors.New("the value of a sample is no number")
	}
	s.v = v
	return nil
}

// series is one element of a vector or a matrix.
type series struct {
	Metric map[string]string `json:"metric"`
	Value  *sample           `json:"value"`
	Values []sample          `json:"values"`
}

func (s series) samples() []sample {
	if s.Value != nil {
		return append([]sample{*s.Value}, s.Values...)
	}
	return s.Values
}

// volume is how many bytes the streams have that share some labels.
type volume struct {
	labels map[string]string
	bytes  int64
	points []sample
}

// maxVolumes is the most rows that are asked for.
const maxVolumes = 1000

// volumes asks for the bytes of a selector by labels: those of by, or with none
// the first that has a single value.
func (l *loki) volumes(ctx context.Context, s logql.Selector, r kit.Range, by []string) ([]volume, error) {
	params := span(r)
	params.Set("query", s.Text)
	params.Set("limit", strconv.Itoa(maxVolumes))
	if by == nil {
		for _, m := range s.Matchers {
			if m.Selective() && (by == nil || m.Op == "=") {
				by = []string{m.Name}
			}
		}
	}
	if len(by) > 0 {
		params.Set("targetLabels", strings.Join(by, ","))
	}
	return l.volumesOf(ctx, "index/volume", params)
}

func (l *loki) volumesOf(ctx context.Context, path string, params map[string][]string) ([]volume, error) {
	var a struct{ Result []series }
	if err := l.client.data(ctx, path, params, &a); err != nil {
		return nil, err
	}
	index := make(map[string]int) // an old Loki has a row for each step
	var list []volume
	for _, row := range a.Result {
		key := streamKey(row.Metric)
		i, known := index[key]
		if !known {
			i = len(list)
			index[key] = i
			list = append(list, volume{labels: row.Metric})
		}
		for _, p := range row.samples() {
			list[i].bytes += int64(p.v)
			list[i].points = append(list[i].points, p)
		}
	}
	slices.SortStableFunc(list, func(a, b volume) int {
		if a.bytes != b.bytes {
			if a.bytes > b.bytes {
				return -1
			}
			return 1
		}
		return strings.Compare(streamKey(a.labels), streamKey(b.labels))
	})
	return list, nil
}
