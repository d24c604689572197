package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// entry is one line of a log.
type entry struct {
	at     int64             // unix nanoseconds
	line   string            // cleaned
	labels map[string]string // of the stream; with an old Loki also what was parsed
	extra  map[string]string // structured metadata
	parsed map[string]string // what the query made of the line
	hash   hash
}

// hash tells entries with one time apart. Of 5000 two have the same with a
// probability of one in 100 000.
type hash [5]byte

// value is [nanoseconds, line] or [nanoseconds, line, {structuredMetadata, parsed}].
type value struct {
	at            int64
	line          string
	extra, parsed map[string]string
}

func (v *value) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) < 2 {
		return errors.New("an entry is not a time and a line")
	}
	var at string
	if json.Unmarshal(parts[0], &at) != nil || json.Unmarshal(parts[1], &v.line) != nil {
		return errors.New("an entry is not a time and a line")
	}
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return fmt.Errorf("the time %q of an entry is no number", at)
	}
	v.at = n
	if len(parts) > 2 {
		var extra struct{ StructuredMetadata, Parsed map[string]string }
		if json.Unmarshal(parts[2], &extra) == nil {
			v.extra, v.parsed = extra.StructuredMetadata, extra.Parsed
		}
	}
	return nil
}

// answer of query_range to a query for lines.
type linesAnswer struct {
	ResultType string
	Result     []struct {
		Stream map[string]string
		Values []value
	}
	Stats struct {
		Summary struct {
			Bytes int64   `json:"totalBytesProcessed"`
			Lines int64   `json:"totalLinesProcessed"`
			Took  float64 `json:"execTime"`
		}
	}
}

// read is what a query for lines read.
type read struct {
	Bytes, Lines int64
	Took         float64 // seconds
}

type direction string

const (
	backward direction = "backward"
	forward  direction = "forward"
)

var overMost = regexp.MustCompile(`max_entries_limit[a-z_]* \([0-9]+ > ([0-9]+)\)`)

// fetch asks for limit lines of r, the last ones first if dir is backward. It
// asks for fewer when the Loki gives no more; the third result is how many.
func (c *client) fetch(ctx context.Context, query string, r kit.Range, limit int, dir direction) ([]entry, read, int, error) {
	for {
		limit = min(limit, c.limit(ctx))
		params := span(r)
		params.Set("query", query)
		params.Set("limit", strconv.Itoa(limit))
		params.Set("direction", string(dir))
		list, what, err := c.lines(ctx, params)
		var e *kit.Error
		if errors.As(err, &e) {
			if m := overMost.FindStringSubmatch(e.Message); m != nil {
				if most, _ := strconv.Atoi(m[1]); most > 0 && most < limit {
					c.setLimit(ctx, most)
					continue
				}
			}
			if e.Code == kit.TooLarge && e.Status == 0 && limit >= 8 { // long lines: the answer is over what is read
				limit /= 4
				continue
			}
		}
		if err != nil {
			return nil, what, limit, pointAt(err, query)
		}
		slices.SortStableFunc(list, func(a, b entry) int {
			if dir == backward {
				a, b = b, a
			}
			return cmp.Compare(a.at, b.at)
		})
		return list, what, limit, nil
	}
}

func (c *client) lines(ctx context.Context, params url.Values) ([]entry, read, error) {
	var a linesAnswer
	if err := c.data(ctx, "query_range", params, &a); err != nil {
		return nil, read{}, err
	}
	if a.ResultType != "streams" {
		return nil, read{}, kit.Errorf(kit.InvalidArgument, "the query gives numbers (%s), not lines", a.ResultType).WithHint("use query_metric")
	}
	var list []entry
	for _, s := range a.Result {
		key := streamKey(s.Stream)
		for _, v := range s.Values {
			list = append(list, entry{at: v.at, line: kit.Clean(v.line), labels: s.Stream, extra: v.extra, parsed: v.parsed, hash: hashOf(key, v)})
		}
	}
	sum := a.Stats.Summary
	return list, read{sum.Bytes, sum.Lines, sum.Took}, nil
}

// streamKey writes labels in one way.
func streamKey(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(name + "\x00" + labels[name] + "\x00")
	}
	return b.String()
}

func hashOf(stream string, v value) (h hash) {
	var b bytes.Buffer
	b.WriteString(stream)
	b.WriteByte(1)
	b.WriteString(v.line)
	b.WriteByte(1)
	b.WriteString(streamKey(v.extra))
	b.WriteByte(1)
	b.WriteString(streamKey(v.parsed))
	sum := sha256.Sum256(b.Bytes())
	copy(h[:], sum[:])
	return h
}
