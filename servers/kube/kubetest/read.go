package kubetest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

func (a *API) read(w http.ResponseWriter, r *http.Request) {
	for _, k := range kinds {
		rest, ok := strings.CutPrefix(r.URL.Path, k.root()+"/")
		if !ok {
			continue
		}
		parts := strings.Split(rest, "/")
		namespace := ""
		if parts[0] == "namespaces" && len(parts) > 2 {
			namespace, parts = parts[1], parts[2:]
		}
		if parts[0] != k.resource {
			continue
		}
		verb := "list"
		if len(parts) > 1 {
			verb = "get"
		}
		if slices.Contains(a.Deny, verb+" "+k.resource) {
			fail(w, http.StatusForbidden, "Forbidden", fmt.Sprintf("%s is forbidden: User \"u\" cannot %s resource %q in API group %q", k.resource, verb, k.resource, k.group))
			return
		}
		switch {
		case slices.Contains(a.Down, k.group):
			fail(w, http.StatusServiceUnavailable, "ServiceUnavailable", "error trying to reach service")
		case verb == "list":
			a.list(w, r, k, namespace)
		case len(parts) == 3 && parts[2] == "log":
			a.log(w, r, namespace, parts[1])
		default:
			for _, o := range a.of(k, namespace) {
				if meta(o)["name"] == parts[1] {
					reply(w, o)
					return
				}
			}
			fail(w, http.StatusNotFound, "NotFound", fmt.Sprintf("%s %q not found", k.resource, parts[1]))
		}
		return
	}
	fail(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource")
}

func meta(o map[string]any) map[string]any {
	m, _ := o["metadata"].(map[string]any)
	return m
}

func (a *API) of(k kind, namespace string) []map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []map[string]any
	for _, o := range a.objects[k.root()+"/"+k.resource] {
		if namespace == "" || meta(o)["namespace"] == namespace {
			all = append(all, o)
		}
	}
	return all
}

func (a *API) list(w http.ResponseWriter, r *http.Request, k kind, namespace string) {
	q := r.URL.Query()
	byLabel, err := labels.Parse(q.Get("labelSelector"))
	byField, err2 := fields.ParseSelector(q.Get("fieldSelector"))
	if err != nil || err2 != nil {
		fail(w, http.StatusBadRequest, "BadRequest", "a bad selector")
		return
	}
	items := slices.DeleteFunc(a.of(k, namespace), func(o map[string]any) bool {
		have := labels.Set{}
		if all, ok := meta(o)["labels"].(map[string]any); ok {
			for name, v := range all {
				have[name] = fmt.Sprint(v)
			}
		}
		return !byLabel.Matches(have) || !byField.Matches(field(o))
	})
	about := map[string]any{"resourceVersion": "100"}
	from := 0
	if text := q.Get("continue"); text != "" {
		if from, err = strconv.Atoi(text); err != nil {
			fail(w, http.StatusGone, "Expired", "The provided continue parameter is too old")
			return
		}
	}
	from = min(from, len(items))
	to := len(items)
	if limit, _ := strconv.Atoi(q.Get("limit")); limit > 0 && from+limit < to {
		to = from + limit
		about["continue"], about["remainingItemCount"] = strconv.Itoa(to), len(items)-to
	}
	if strings.Contains(r.Header.Get("Accept"), "as=Table") {
		reply(w, table(items[from:to], about, q.Get("includeObject")))
		return
	}
	reply(w, map[string]any{"kind": k.kind + "List", "apiVersion": k.apiVersion(), "metadata": about, "items": append([]map[string]any{}, items[from:to]...)})
}

func table(items []map[string]any, about map[string]any, include string) map[string]any {
	rows := []any{}
	for _, o := range items {
		status, _ := o["status"].(map[string]any)
		object := map[string]any{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta(o)}
		r := map[string]any{"cells": []any{meta(o)["name"], status["phase"], "1h", "wide"}, "object": object}
		switch include {
		case "Object":
			r["object"] = o
		case "None":
			delete(r, "object")
		}
		rows = append(rows, r)
	}
	column := func(name string, priority int) any {
		format := ""
		if name == "Name" {
			format = "name"
		}
		return map[string]any{"name": name, "type": "string", "format": format, "priority": priority}
	}
	return map[string]any{"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": about, "rows": rows,
		"columnDefinitions": []any{column("Name", 0), column("Status", 0), column("Age", 0), column("Node", 1)}}
}

// field looks up a path such as involvedObject.name.
type field map[string]any

func (f field) Has(name string) bool { return f.Get(name) != "" }

func (f field) Get(path string) string {
	var v any = map[string]any(f)
	for part := range strings.SplitSeq(path, ".") {
		o, _ := v.(map[string]any)
		v = o[part]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func (a *API) log(w http.ResponseWriter, r *http.Request, namespace, pod string) {
	q := r.URL.Query()
	key := namespace + "/" + pod + "/" + q.Get("container")
	if q.Get("previous") == "true" {
		key += "/previous"
	}
	text, ok := a.Logs[key]
	if !ok {
		fail(w, http.StatusBadRequest, "BadRequest", fmt.Sprintf("container %q in pod %q is waiting to start", q.Get("container"), pod))
		return
	}
	lines := strings.SplitAfter(text, "\n")
	if n, err := strconv.Atoi(q.Get("tailLines")); err == nil && n < len(lines) {
		if lines[len(lines)-1] == "" {
			n++
		}
		lines = lines[len(lines)-n:]
	}
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, strings.Join(lines, ""))
}
