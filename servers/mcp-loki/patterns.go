package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

type patternsArgs struct {
	Query string `arg:"query,required" alias:"selector,match"`
	Start string `arg:"start,loose"`
	End   string `arg:"end,loose"`
	kit.Paging
}

// pattern is one that Loki found, with how often over time.
type pattern struct {
	Pattern string       `json:"pattern"`
	Level   string       `json:"level"`
	Samples [][2]float64 `json:"samples"`
}

func (p *pattern) UnmarshalJSON(raw []byte) error {
	var lenient struct {
		Pattern, Level string
		Samples        [][]float64
	}
	if err := json.Unmarshal(raw, &lenient); err != nil {
		return errors.New("a pattern is not a text with samples")
	}
	p.Pattern, p.Level = lenient.Pattern, lenient.Level
	for _, s := range lenient.Samples {
		if len(s) == 2 {
			p.Samples = append(p.Samples, [2]float64{s[0], s[1]})
		}
	}
	return nil
}

func (p pattern) count() (n int64) {
	for _, s := range p.Samples {
		n += int64(s[1])
	}
	return n
}

type patternsHead struct {
	about
	Total int64 `json:"total_lines"`
}

func (l *loki) listPatterns() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_patterns",
		Title:       "List patterns",
		Description: "Patterns that Loki found in lines: count, share, trend (second half of the range to the first). If it does not look for them, summarize_logs does.",
		Hints:       kit.ReadLocal,
		Output:      outline{},
		ListName:    "patterns",
		Example:     `{"query":"{app=\"api\"}"}`,
	}, l.runListPatterns)
}

func (l *loki) runListPatterns(ctx context.Context, a patternsArgs) (*kit.Result, error) {
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	head := patternsHead{about: aboutRange(r)}
	s, err := selectorOf(a.Query, &head.about)
	if err != nil {
		return nil, err
	}
	list, err := l.patterns(ctx, s.Text, r)
	if err != nil {
		return nil, pointAt(err, s.Text)
	}
	for _, p := range list {
		head.Total += p.count()
	}
	if len(list) == 0 {
		head.Hints = []string{"Loki found no pattern: it looks at new lines only, of the last hours; summarize_logs looks at lines themselves"}
	}
	middle := float64(r.Start.Unix()+r.End.Unix()) / 2
	rows := make([]row, len(list))
	for i, p := range list {
		rows[i] = row{nil, []field{
			{"pattern", l.shorten(p.Pattern, 500)}, {"count", p.count()}, {"share", share(p.count(), head.Total)}, {"trend", trend(p.Samples, middle)},
		}}
		if p.Level != "" {
			rows[i].fields = append(rows[i].fields, field{"level", p.Level})
		}
	}
	return kit.Records(head, kit.Slice(a.Paging, rows)).Pin("start", head.Start).Pin("end", head.End).Untrusted(), nil
}

// patterns of a selector, the most frequent first.
func (l *loki) patterns(ctx context.Context, selector string, r kit.Range) ([]pattern, error) {
	params := span(r)
	params.Set("query", selector)
	var list []pattern
	if err := l.client.data(ctx, "patterns", params, &list); err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b pattern) int {
		return cmp.Or(cmp.Compare(b.count(), a.count()), strings.Compare(a.Pattern, b.Pattern))
	})
	return list, nil
}

// trend compares the two halves of a range.
func trend(samples [][2]float64, middle float64) string {
	var first, second int64
	for _, s := range samples {
		if s[0] < middle {
			first += int64(s[1])
		} else {
			second += int64(s[1])
		}
	}
	return change(first, second)
}

// change from one count to another, in words.
func change(from, to int64) string {
	switch {
	case from == 0 && to == 0:
		return "none"
	case from == 0:
		return "new"
	case to == 0:
		return "gone"
	case from == to:
		return "same"
	}
	percent := 100 * float64(to-from) / float64(from)
	sign := ""
	if percent > 0 {
		sign = "+"
	}
	return sign + percentText(percent)
}
