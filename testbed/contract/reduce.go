package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// reduce leaves of an OpenAPI document in JSON the operations of a list and the
// components that they refer to, without what is for people. Operations that the
// document lacks are left out: see [Description.Missing].
func reduce(document []byte, ops Operations) ([]byte, error) {
	var doc map[string]any
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("reading the description: %w", err)
	}
	all, _ := doc["paths"].(map[string]any)
	paths := map[string]any{}
	for path, methods := range ops.methods() {
		item, ok := all[path].(map[string]any)
		if !ok {
			continue
		}
		kept := map[string]any{}
		for key, v := range item {
			if key == "parameters" || slices.Contains(methods, key) {
				kept[key] = plain(v, false)
			}
		}
		paths[path] = kept
	}
	components := map[string]any{}
	var follow func(v any) error
	follow = func(v any) error {
		for _, ref := range refs(v) {
			kind, name, ok := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
			if !ok || !strings.HasPrefix(ref, "#/components/") {
				return fmt.Errorf("the description refers to %s, which is no component", ref)
			}
			of, _ := components[kind].(map[string]any)
			if of == nil {
				of = map[string]any{}
				components[kind] = of
			}
			if of[name] != nil {
				continue
			}
			from, _ := doc["components"].(map[string]any)[kind].(map[string]any)
			if from[name] == nil {
				return fmt.Errorf("the description refers to %s and lacks it", ref)
			}
			of[name] = plain(from[name], false)
			if err := follow(of[name]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := follow(paths); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{
		"openapi": doc["openapi"], "info": map[string]any{"title": "reduced", "version": "0"}, "servers": doc["servers"],
		"paths": paths, "components": components,
	})
}

// words are members for people, and those that no check reads.
var words = []string{"description", "summary", "externalDocs", "examples", "tags", "title", "headers", "callbacks"}

// plain is a part of a document without its words. In names the keys are names,
// as those of properties are.
func plain(v any, names bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			if names || !slices.Contains(words, key) {
				out[key] = plain(value, !names && key == "properties")
			}
		}
		if _, isResponse := v["description"].(string); isResponse && !names {
			out["description"] = "" // a response has to have one
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = plain(one, false)
		}
		return out
	}
	return v
}

// refs are the references in a part of a document.
func refs(v any) (list []string) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			list = append(list, ref)
		}
		for _, one := range v {
			list = append(list, refs(one)...)
		}
	case []any:
		for _, one := range v {
			list = append(list, refs(one)...)
		}
	}
	return list
}
