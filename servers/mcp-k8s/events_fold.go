package main

import (
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-k8s/internal/diagnose"
	corev1 "k8s.io/api/core/v1"
)

// eventRow is events about one object that say the same.
type eventRow struct {
	Namespace string `json:"namespace,omitempty"`
	Object    string `json:"object"`
	Type      string `json:"type"`
	Reason    string `json:"reason"`
	Count     int32  `json:"count"`
	First     string `json:"first,omitempty"`
	Last      string `json:"last"`
	Message   string `json:"message"`

	last time.Time
}

// foldEvents makes one row of those with the same object, reason and message,
// the newest first. The namespace is left out where it is known.
func foldEvents(events []corev1.Event, namespace string) []eventRow {
	type key struct{ namespace, object, reason, message string }
	at := make(map[key]int)
	var rows []eventRow
	first := make([]time.Time, 0)
	for _, e := range events {
		o := e.InvolvedObject
		k := key{o.Namespace, strings.ToLower(o.Kind) + "/" + o.Name, e.Reason, shapeOf(e.Message)}
		when, begin := diagnose.When(e), e.FirstTimestamp.Time
		if begin.IsZero() {
			begin = when
		}
		times := max(e.Count, 1)
		if e.Series != nil {
			times = max(times, e.Series.Count)
		}
		i, ok := at[k]
		if !ok {
			at[k] = len(rows)
			r := eventRow{Object: k.object, Type: e.Type, Reason: e.Reason, Count: times, Message: kit.Shorten(e.Message, 300), last: when}
			if namespace == "" {
				r.Namespace = o.Namespace
			}
			rows, first = append(rows, r), append(first, begin)
			continue
		}
		rows[i].Count += times
		if when.After(rows[i].last) {
			rows[i].last, rows[i].Message = when, kit.Shorten(e.Message, 300)
		}
		if begin.Before(first[i]) {
			first[i] = begin
		}
	}
	for i := range rows {
		rows[i].Last = kit.FormatTime(rows[i].last.Truncate(time.Second))
		if rows[i].Count > 1 {
			rows[i].First = kit.FormatTime(first[i].Truncate(time.Second))
		}
	}
	slices.SortStableFunc(rows, func(a, b eventRow) int { return b.last.Compare(a.last) })
	return rows
}
