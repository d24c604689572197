package forge

// PageOf is a page of a list that is here as a whole.
func PageOf[T any](all []T, at At) List[T] {
	total := len(all)
	start := min((at.Page-1)*at.Size, total)
	end := min(start+at.Size, total)
	return List[T]{Items: all[start:end], More: end < total, Total: &total}
}

// Present are the records that are not null, converted.
func Present[T, U any](items []*T, convert func(*T) U) []U {
	list := make([]U, 0, len(items))
	for _, item := range items {
		if item != nil {
			list = append(list, convert(item))
		}
	}
	return list
}

// Everything reads a list from its first page on, but no more than so many pages.
// cut is true when there is more. What is null is left out.
func Everything[T any](pages int, get func(page int) (items []*T, more bool, err error)) (all []*T, cut bool, err error) {
	for page := 1; ; page++ {
		items, more, err := get(page)
		if err != nil {
			return nil, false, err
		}
		for _, item := range items {
			if item != nil {
				all = append(all, item)
			}
		}
		if !more || len(items) == 0 { // a link may lead nowhere
			return all, false, nil
		}
		if page == pages {
			return all, true, nil
		}
	}
}
