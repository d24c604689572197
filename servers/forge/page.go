package forge

import (
	"context"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// defaultMaxPage is what a forge gives at once that does not say otherwise.
const defaultMaxPage = 100

// maxPage is the ceiling of the instance, which it is asked for once.
func (f *forge) maxPage(ctx context.Context) (int, error) {
	name := kit.Instance(ctx)
	f.mu.Lock()
	limits, known := f.limits[name]
	f.mu.Unlock()
	if !known {
		var err error
		if limits, err = f.backend(ctx).Limits(ctx); err != nil {
			return 0, err
		}
		if limits.MaxPage <= 0 {
			limits.MaxPage = defaultMaxPage
		}
		f.mu.Lock()
		if f.limits == nil {
			f.limits = make(map[string]Limits)
		}
		f.limits[name] = limits
		f.mu.Unlock()
	}
	return limits.MaxPage, nil
}

// fetch is the page that p asks for, from a source with pages. Where a page was
// cut by its bytes, it is fetched again and what was shown is left out.
func fetch[T any](ctx context.Context, f *forge, p kit.Paging, get func(At) (List[T], error)) (kit.Page[T], error) {
	most, err := f.maxPage(ctx)
	if err != nil {
		return kit.Page[T]{}, err
	}
	p = p.Clamp(most)
	offset, size := p.Window()
	list, err := get(At{Page: offset/size + 1, Size: size})
	if err != nil {
		return kit.Page[T]{}, err
	}
	items := list.Items[min(offset%size, len(list.Items)):]
	page := kit.Window(p, items, list.More)
	page.Hint = list.Hint
	if list.Total != nil {
		page.Total, page.TotalIsEstimate = list.Total, list.Estimate
		page.TotalPages = (*list.Total + size - 1) / size
		if offset >= *list.Total && *list.Total > 0 {
			page.Hint = "nothing here: this is after the last page"
		}
	}
	if len(items) == 0 && offset > 0 && page.Hint == "" {
		page.Hint = "nothing here: this is after the last page"
	}
	return page, nil
}

// scanPages bounds how many pages of the forge a call reads for a filter that
// the forge does not have.
const scanPages = 10

// scan is like fetch with a filter of ours: pages are read until the window is
// full of records that keep says yes to.
func scan[T any](ctx context.Context, f *forge, p kit.Paging, get func(At) (List[T], error), keep func(T) bool) (kit.Page[T], error) {
	most, err := f.maxPage(ctx)
	if err != nil {
		return kit.Page[T]{}, err
	}
	offset, size := p.Window()
	var kept []T
	for n := 1; ; n++ {
		list, err := get(At{Page: n, Size: most})
		if err != nil {
			return kit.Page[T]{}, err
		}
		for _, item := range list.Items {
			if keep(item) {
				kept = append(kept, item)
			}
		}
		if !list.More {
			return kit.Slice(p, kept), nil
		}
		if len(kept) > offset+size || n == scanPages {
			end := min(offset+size, len(kept))
			page := kit.Window(p, kept[min(offset, end):end], len(kept) > offset+size)
			if n == scanPages && len(kept) <= offset+size {
				page.Hint = "only the first " + itoa(n*most) + " records were looked at for this filter; narrow with the others"
			}
			return page, nil
		}
	}
}

// filtered is the page of those records that keep says yes to. trusted is
// whether the forge says that it applies the filter itself; one that is of
// another version may ignore what it does not know, which shows.
func filtered[T any](ctx context.Context, f *forge, p kit.Paging, trusted bool, get func(At) (List[T], error), keep func(T) bool) (kit.Page[T], error) {
	if trusted {
		page, err := fetch(ctx, f, p, get)
		if err != nil || !slices.ContainsFunc(page.Items, func(item T) bool { return !keep(item) }) {
			return page, err
		}
	}
	return scan(ctx, f, p, get, keep)
}

// applied reports whether all names that are set are among those that a forge applies.
func applied(names []string, set map[string]bool) bool {
	for name, on := range set {
		if on && !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

// all reads a list to its end, but no more than most records. The second result
// is true when there are more.
func all[T any](ctx context.Context, f *forge, most int, get func(At) (List[T], error)) ([]T, bool, error) {
	size, err := f.maxPage(ctx)
	if err != nil {
		return nil, false, err
	}
	size = min(size, most)
	var items []T
	for n := 1; ; n++ {
		list, err := get(At{Page: n, Size: size})
		if err != nil {
			return nil, false, err
		}
		items = append(items, list.Items...)
		switch {
		case len(items) > most:
			return items[:most], true, nil
		case !list.More:
			return items, false, nil
		case len(items) == most:
			return items, true, nil
		case len(list.Items) == 0: // a link that leads nowhere
			return items, false, nil
		}
	}
}

// convert makes rows of the records of a page.
func convert[T, U any](page kit.Page[T], row func(T) U) kit.Page[U] {
	rows := make([]U, len(page.Items))
	for i, item := range page.Items {
		rows[i] = row(item)
	}
	return kit.WithItems(page, rows)
}

// task is one of several questions of a call.
func task(name string, do func(ctx context.Context) error) upstream.Task {
	return upstream.Task{Name: name, Do: do}
}

const (
	titleRunes = 160
	bodyRunes  = 300
)

// short cuts a text that is one field of many, and says how much is missing.
func short(s string, runes int) string { return kit.Shorten(strings.TrimSpace(s), runes) }

// firstLine is the subject of a message.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return short(line, titleRunes)
}

func sha12(sha string) string { return sha[:min(12, len(sha))] }
