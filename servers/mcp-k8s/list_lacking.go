package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// lacking says of each path that none of the objects has how far it leads, and
// what there is: a path that is wrong looks like one that is empty.
func lacking(objects []map[string]any, fields []string) (notes []string) {
	if len(objects) == 0 {
		return nil
	}
	for _, field := range fields {
		path := pathOf(field)
		at := func(n int) (all []any) {
			for _, o := range objects {
				if v := lookUp(o, path[:n]); v != nil {
					all = append(all, v)
				}
			}
			return all
		}
		n := len(path)
		for n > 0 && at(n) == nil {
			n--
		}
		if n == len(path) {
			continue
		}
		note := "no object here has " + field
		if there := members(at(n)); there != nil {
			where := "there are"
			if n > 0 {
				where = strings.Join(path[:n], ".") + " has"
			}
			note += fmt.Sprintf("; %s %s", where, listed(there, 12))
		}
		notes = append(notes, kit.Shorten(note, 400))
	}
	return notes
}

// members are the names of what is in objects, also in those of lists.
func members(v any) []string {
	names := make(map[string]bool)
	var add func(v any)
	add = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				names[name] = true
			}
		case []any:
			for _, e := range v {
				add(e)
			}
		}
	}
	add(v)
	return slices.Sorted(maps.Keys(names))
}

// objectsOf are those that rows have with them; aggregated APIs may give none.
func objectsOf(rows []row) (all []map[string]any) {
	for _, r := range rows {
		if r.object != nil {
			all = append(all, r.object)
		}
	}
	return all
}
