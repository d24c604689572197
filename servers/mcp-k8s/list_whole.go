package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// maxSorted is how many rows are held to be sorted.
const maxSorted = 10_000

// whole reads all of the list, to count or to sort it.
func (l *lister) whole(ctx context.Context, head listHead) (*kit.Result, error) {
	counting := l.args.Output == "count"
	head.ByStatus, head.ByNamespace = map[string]int{}, map[string]int{}
	total := 0
	var rows []row
	for _, space := range l.spaces {
		q := query{labels: l.labels, fields: l.fields, limit: chunk, wide: true, objects: l.args.Output == "fields"}
		for {
			p, err := l.table(ctx, space, q)
			if err != nil {
				return nil, err
			}
			for _, r := range p.rows {
				if !l.keeps(r) {
					continue
				}
				total++
				count(&head, r)
				if counting {
					continue
				}
				if len(rows) == maxSorted {
					return nil, kit.Errorf(kit.TooLarge, "there are more than %d %s to sort", maxSorted, l.kind.Resource).
						WithHint("narrow with namespace, name, status or label_selector, or leave sort out")
				}
				rows = append(rows, r)
			}
			if q.token = p.next; q.token == "" {
				break
			}
		}
	}
	head.Total = &total
	if l.namespace != "" {
		head.ByNamespace = nil
	}
	if total == 0 {
		head.Hints = nowhere(ctx, l.Cluster, l.namespace)
	}
	trim(&head)
	if !counting {
		if err := l.sort(rows); err != nil {
			return nil, err
		}
	}
	page := kit.Slice(l.args.Paging, rows)
	head.Warnings = lacking(objectsOf(page.Items), l.args.Fields)
	return kit.Records(head, kit.WithItems(page, l.shown(page.Items))).Untrusted().Narrow("narrow with namespace, name, status or label_selector"), nil
}

// most is how many values a summary has.
const most = 20

func trim(head *listHead) {
	for _, counts := range []map[string]int{head.ByStatus, head.ByNamespace} {
		if len(counts) <= most {
			continue
		}
		names := make([]string, 0, len(counts))
		for name := range counts {
			names = append(names, name)
		}
		slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
		others := 0
		for _, name := range names[most:] {
			others += counts[name]
			delete(counts, name)
		}
		counts["(others)"] = others
	}
}

func count(head *listHead, r row) {
	if status := r.cell("status", "phase"); status != "" {
		head.ByStatus[status]++
	}
	if r.namespace != "" {
		head.ByNamespace[r.namespace]++
	}
}

// summarise counts a page, where it says more than the rows.
func (l *lister) summarise(head *listHead, rows []row, all bool) {
	counts := listHead{ByStatus: map[string]int{}, ByNamespace: map[string]int{}}
	for _, r := range rows {
		count(&counts, r)
	}
	if all && len(rows) > 0 {
		n := len(rows)
		head.Total = &n
	}
	if len(rows) > 3 {
		head.ByStatus = counts.ByStatus
	}
	if l.namespace == "" && len(counts.ByNamespace) > 1 && len(rows) > 3 {
		head.ByNamespace = counts.ByNamespace
	}
	trim(head)
}

func (l *lister) sort(rows []row) error {
	column := strings.TrimPrefix(l.args.Sort, "-")
	sign := 1
	if column != l.args.Sort {
		sign = -1
	}
	column = columnName(column)
	if len(rows) == 0 {
		return nil
	}
	var names []string
	for _, c := range rows[0].cells {
		names = append(names, c.name)
	}
	if column != "namespace" && !slices.Contains(names, column) {
		return kit.Errorf(kit.InvalidArgument, "there is no column %q to sort by", column).WithHint("columns are namespace, %s", strings.Join(names, ", "))
	}
	value := func(r row) any {
		if column == "namespace" {
			return r.namespace
		}
		for _, c := range r.cells {
			if c.name == column {
				return c.value
			}
		}
		return nil
	}
	slices.SortStableFunc(rows, func(a, b row) int { return sign * compareCells(value(a), value(b)) })
	return nil
}

// compareCells knows numbers, 1/2, 3 (4h ago) and ages such as 2d3h.
func compareCells(a, b any) int {
	if x, ok := quantity(a); ok {
		if y, ok := quantity(b); ok {
			return cmp.Compare(x, y)
		}
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

func quantity(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case string:
		first, _, _ := strings.Cut(v, " ")
		first, _, _ = strings.Cut(first, "/")
		if n, err := strconv.ParseFloat(first, 64); err == nil {
			return n, true
		}
		if d, ok := age(first); ok {
			return d.Seconds(), true
		}
	}
	return 0, false
}

// age reads what tables write: 5y20d, 3d4h, 10m.
func age(text string) (time.Duration, bool) {
	units := map[byte]time.Duration{'y': 365 * 24 * time.Hour, 'd': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}
	var sum time.Duration
	n, digits := 0, 0
	for i := range len(text) {
		switch unit, ok := units[text[i]]; {
		case text[i] >= '0' && text[i] <= '9' && digits < 9:
			n, digits = n*10+int(text[i]-'0'), digits+1
		case ok && digits > 0:
			sum += time.Duration(n) * unit
			n, digits = 0, 0
		default:
			return 0, false
		}
	}
	return sum, text != "" && digits == 0
}

// emptyHints say where something would be.
func (l *lister) emptyHints(ctx context.Context) (hints []string) {
	if l.filtered() || l.labels != "" || l.fields != "" {
		hints = append(hints, "nothing fits the filters; without them there may be something")
	}
	if l.namespace == "" {
		return hints
	}
	if hints := nowhere(ctx, l.Cluster, l.namespace); hints != nil {
		return hints
	}
	elsewhere := fmt.Sprintf("namespace %s has none; all_namespaces=true looks in the others", l.namespace)
	if !l.Limit.Any() {
		return append(hints, elsewhere)
	}
	list, err := l.Dynamic().Resource(l.kind.GVR()).List(ctx, metav1.ListOptions{Limit: 1, LabelSelector: l.labels})
	if err != nil || len(list.Items) == 0 {
		return append(hints, elsewhere)
	}
	n := 1
	if rest := list.GetRemainingItemCount(); rest != nil {
		n += int(*rest)
	}
	return append(hints, fmt.Sprintf("namespace %s has none; all namespaces have about %d, such as in %s: all_namespaces=true", l.namespace, n, list.Items[0].GetNamespace()))
}
