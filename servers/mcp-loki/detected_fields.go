package main

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

type fieldsArgs struct {
	Query string `arg:"query,required"`
	Field string `arg:"field" doc:"its values instead" alias:"name"`
	Start string `arg:"start,loose"`
	End   string `arg:"end,loose"`
	kit.Paging
}

// detected is a field of lines, or a value of one.
type detected struct {
	Field       string   `json:"field,omitempty"`
	Value       *string  `json:"value,omitempty"`
	Type        string   `json:"type,omitempty"`
	Cardinality int64    `json:"cardinality,omitempty"`
	Parsers     []string `json:"parsers,omitempty"`
}

const (
	fieldLines  = 1000 // lines that Loki looks at
	fieldsLimit = 1000 // fields or values that it gives
)

func (l *loki) listDetectedFields() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_detected_fields",
		Title:       "List fields of lines",
		Description: "Fields of lines, from a sample, and the parser that makes them usable: | logfmt | status >= 500.",
		Hints:       kit.ReadLocal,
		Output:      outline{},
		ListName:    "fields",
		PerPage:     50, MaxPerPage: 500,
		Example: `{"query":"{app=\"api\"}","field":"status"}`,
	}, l.runListDetectedFields)
}

func (l *loki) runListDetectedFields(ctx context.Context, a fieldsArgs) (*kit.Result, error) {
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	q, err := linesQuery(a.Query)
	if err != nil {
		return nil, err
	}
	passed, err := l.check(ctx, q, r, false)
	if err != nil {
		return nil, err
	}
	head := aboutRange(r)
	head.Warnings = passed.Warnings
	params := span(r)
	params.Set("query", q.Text)
	params.Set("line_limit", strconv.Itoa(fieldLines))
	params.Set("limit", strconv.Itoa(fieldsLimit))
	var list []detected
	if a.Field == "" {
		list, err = l.fields(ctx, params)
	} else {
		list, err = l.fieldValues(ctx, a.Field, params)
	}
	if err != nil {
		return nil, pointAt(err, q.Text)
	}
	switch {
	case len(list) > 0:
	case a.Field != "":
		head.Hints = []string{"no line of the sample has it; without field the fields are listed"}
	default:
		head.Hints = l.absent(ctx, q, r)
	}
	return kit.Records(head, kit.Slice(a.Paging, list)).Pin("start", head.Start).Pin("end", head.End).Untrusted(), nil
}

func (l *loki) fields(ctx context.Context, params url.Values) ([]detected, error) {
	var answer struct {
		Fields []struct {
			Label, Type string
			Cardinality int64
			Parsers     []string
		}
	}
	if err := l.client.get(ctx, "detected_fields", params, &answer); err != nil {
		return nil, err
	}
	list := make([]detected, len(answer.Fields))
	for i, f := range answer.Fields {
		list[i] = detected{Field: f.Label, Type: f.Type, Cardinality: f.Cardinality, Parsers: f.Parsers}
	}
	slices.SortFunc(list, func(a, b detected) int { return strings.Compare(a.Field, b.Field) })
	return list, nil
}

func (l *loki) fieldValues(ctx context.Context, field string, params url.Values) ([]detected, error) {
	var answer struct{ Values []string }
	if err := l.client.get(ctx, "detected_field/"+url.PathEscape(field)+"/values", params, &answer); err != nil {
		return nil, err
	}
	slices.SortFunc(answer.Values, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) // numbers in their order
	})
	list := make([]detected, len(answer.Values))
	for i := range answer.Values {
		list[i] = detected{Value: &answer.Values[i]}
	}
	return list, nil
}
