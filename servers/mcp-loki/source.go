package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

// source are the arguments that say which lines: a query, or what one is built
// from.
type source struct {
	Query    string            `arg:"query" doc:"LogQL for lines, or none and labels"`
	Labels   map[string]string `arg:"labels" doc:"value exact, ~regex, !not"`
	Contains []string          `arg:"contains,nosplit,raw" doc:"texts, all of them" alias:"search,text,include"`
	Excludes []string          `arg:"excludes,nosplit,raw" alias:"exclude,not_contains"`
	Level    []string          `arg:"level" doc:"such as error,fatal" alias:"levels,severity"`
}

// parts are s without its query.
func (s source) parts() logql.Parts {
	return logql.Parts{Labels: s.Labels, Contains: s.Contains, Excludes: s.Excludes, Levels: s.Level}
}

// lines is the query for lines that s stands for.
func (s source) lines() (logql.Query, error) {
	parts, text := s.parts(), s.Query
	var err error
	switch {
	case text == "" && len(s.Labels) == 0:
		return logql.Query{}, kit.Errorf(kit.InvalidArgument, "query or labels is required").
			WithHint(`for example query={app="api"} |= "timeout", or labels={"app":"api"} contains=["timeout"]; list_labels has the labels`)
	case text != "" && len(s.Labels) > 0:
		return logql.Query{}, kit.Errorf(kit.InvalidArgument, "query and labels are both set").
			WithHint("write the labels into the selector of query; contains, excludes and level go with it")
	case text == "":
		text, err = parts.Build()
	default:
		if _, err := scanned(text); err != nil { // before it is added to
			return logql.Query{}, err
		}
		text = strings.TrimSpace(text)
		if strings.Contains(text, "#") {
			text += "\n" // what is added must not be part of a comment
		}
		text, err = parts.Narrow(text)
	}
	if err != nil {
		return logql.Query{}, kit.Errorf(kit.InvalidArgument, "%w", err)
	}
	return linesQuery(text)
}

// linesQuery reads a query that has to give lines.
func linesQuery(text string) (logql.Query, error) {
	q, err := scanned(text)
	if err != nil {
		return q, err
	}
	if q.Metric {
		return q, kit.Errorf(kit.InvalidArgument, "the query gives numbers, not lines: %s", kit.Shorten(text, 200)).WithHint("use query_metric for it, or only its selector and filters here")
	}
	return q, nil
}

// defaultRange is how far back is looked when nobody says.
const defaultRange = time.Hour

// rangeOf reads start and end. The guard says what is too long.
func (l *loki) rangeOf(start, end string) (kit.Range, error) {
	return kit.ParseRange(start, end, l.now(), defaultRange, 0)
}

// absent says why a query found nothing, as far as labels explain it: values
// that no stream has, and which there are instead.
func (l *loki) absent(ctx context.Context, q logql.Query, r kit.Range) []string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var names []string
	if len(q.Selectors) == 0 || l.client.data(ctx, "labels", span(r), &names) != nil {
		return nil
	}
	if len(names) == 0 {
		return []string{"nothing at all was logged in this range; try an earlier start"}
	}
	checked := 0
	for _, m := range q.Selectors[0].Matchers {
		if !slices.Contains(names, m.Name) && m.Selective() {
			hint := fmt.Sprintf("no stream has the label %s in this range; the labels are %s", m.Name, some(names))
			if near := kit.Nearest(m.Name, names); near != "" {
				hint += fmt.Sprintf(": did you mean %s?", near)
			}
			return []string{hint}
		}
		if m.Op != "=" || checked == 3 {
			continue
		}
		checked++
		var values []string
		if l.client.data(ctx, "label/"+m.Name+"/values", span(r), &values) != nil || slices.Contains(values, m.Value) {
			continue
		}
		hint := fmt.Sprintf("no stream has %s in this range; values of %s are %s", m, m.Name, some(values))
		if near := kit.Nearest(m.Value, values); near != "" {
			hint += fmt.Sprintf(": did you mean %q?", near)
		}
		return []string{hint}
	}
	if q.Selectors[0].Pipeline() {
		return []string{"streams match or may match, and no line passes the filters: leave some out, or try an earlier start"}
	}
	return []string{"no stream has all these labels in this range: list_series shows which go together, or try an earlier start"}
}

// some of a list, for a sentence.
func some(list []string) string {
	const most = 10
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
