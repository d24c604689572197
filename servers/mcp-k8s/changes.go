package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/loom-core/loom/servers/kit"
)

// images are those of all containers below v, each once.
func images(v any) (all []string) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name == "containers" || name == "initContainers" {
				list, _ := v[name].([]any)
				for _, c := range list {
					c, _ := c.(map[string]any)
					if image, ok := c["image"].(string); ok && !slices.Contains(all, image) {
						all = append(all, image)
					}
				}
				continue
			}
			for _, image := range images(v[name]) {
				if !slices.Contains(all, image) {
					all = append(all, image)
				}
			}
		}
	case []any:
		for _, e := range v {
			all = append(all, images(e)...)
		}
	}
	return all
}

// maxChanges is how many are told.
const maxChanges = 8

// changes says what of a pod template differs, as path: old -> new.
func changes(before, after map[string]any) []string {
	var all []string
	compare("", before, after, &all)
	if len(all) > maxChanges {
		all = append(all[:maxChanges], fmt.Sprintf("and %d more", len(all)-maxChanges))
	}
	return all
}

// ignored differs between revisions by itself.
var ignored = map[string]bool{"pod-template-hash": true, "controller-revision-hash": true, "creationTimestamp": true, "$patch": true}

func compare(path string, a, b any, all *[]string) {
	if x, ok := a.(map[string]any); ok {
		if y, ok := b.(map[string]any); ok {
			names := maps.Clone(x)
			maps.Copy(names, y)
			for _, name := range slices.Sorted(maps.Keys(names)) {
				if !ignored[name] {
					compare(join(path, name), x[name], y[name], all)
				}
			}
			return
		}
	}
	if x, ok := a.([]any); ok {
		if y, ok := b.([]any); ok {
			compare(path, named(x), named(y), all)
			return
		}
	}
	before, after := show(a), show(b)
	switch {
	case before == after:
	case a == nil:
		*all = append(*all, path+": added "+after)
	case b == nil:
		*all = append(*all, path+": removed "+before)
	default:
		*all = append(*all, path+": "+before+" -> "+after)
	}
}

// named makes a map of a list, by the names of its elements where they have one.
func named(list []any) map[string]any {
	m := make(map[string]any, len(list))
	for i, e := range list {
		key := strconv.Itoa(i)
		if o, ok := e.(map[string]any); ok {
			if name, ok := o["name"].(string); ok {
				key = name
			}
		}
		m["["+key+"]"] = e
	}
	return m
}

func join(path, name string) string {
	if path == "" || name[0] == '[' {
		return path + name
	}
	return path + "." + name
}

func show(v any) string {
	if s, ok := v.(string); ok {
		return kit.Shorten(s, 80)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return kit.Shorten(string(raw), 80)
}
