package configfile

import (
	"slices"
	"strconv"
)

// wanted makes of a tree what edits are to make of it.
type wanted struct {
	byPlace bool // in a list a path's element is a place; else it is a name
}

// in is where a list has what a path's element names, -1 if it has no such thing.
func (t wanted) in(list []any, key string) int {
	if t.byPlace {
		if i, ok := placeIn(key, len(list)); ok && i < len(list) {
			return i
		}
		return -1
	}
	return slices.IndexFunc(list, func(v any) bool { m, ok := v.(map[string]any); return ok && m[nameKey] == key })
}

// put is a tree with a value at path.
func (t wanted) put(of any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	if list, ok := of.([]any); ok {
		list = slices.Clone(list)
		i := t.in(list, path[0])
		var now any
		if t.byPlace && i >= 0 {
			now = list[i]
		}
		now = t.put(now, path[1:], value)
		if m, ok := now.(map[string]any); ok && !t.byPlace {
			named := map[string]any{nameKey: path[0]}
			for k, v := range m {
				named[k] = v
			}
			now = named
		}
		if i < 0 {
			return append(list, now)
		}
		list[i] = now
		return list
	}
	m, _ := of.(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	m[path[0]] = t.put(m[path[0]], path[1:], value)
	return m
}

// insert is a tree with a new element in a list.
func (t wanted) insert(of any, path []string, value any) any {
	switch of := of.(type) {
	case map[string]any:
		if len(path) > 1 {
			of[path[0]] = t.insert(of[path[0]], path[1:], value)
		}
	case []any:
		list := slices.Clone(of)
		if len(path) > 1 {
			if i := t.in(list, path[0]); i >= 0 {
				list[i] = t.insert(list[i], path[1:], value)
			}
			return list
		}
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i <= len(list) {
			return slices.Insert(list, i, value)
		}
	}
	return of
}

// without is a tree without what is at path.
func (t wanted) without(of any, path []string) any {
	switch of := of.(type) {
	case map[string]any:
		if len(path) == 1 {
			delete(of, path[0])
		} else if next, ok := of[path[0]]; ok {
			of[path[0]] = t.without(next, path[1:])
		}
	case []any:
		list := slices.Clone(of)
		i := t.in(list, path[0])
		switch {
		case i < 0:
		case len(path) == 1 || !t.byPlace:
			list = slices.Delete(list, i, i+1)
		default:
			list[i] = t.without(list[i], path[1:])
		}
		return list
	}
	return of
}
