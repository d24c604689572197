package main

import (
	"strconv"
	"strings"
)

// shown are the rows in the form that was asked for.
func (l *lister) shown(rows []row) []row {
	if l.args.Output == "count" {
		return nil
	}
	out := make([]row, len(rows))
	for i, r := range rows {
		if l.namespace == "" && r.namespace != "" {
			out[i].cells = append(out[i].cells, cell{"namespace", r.namespace})
		}
		switch l.args.Output {
		case "name":
			out[i].cells = append(out[i].cells, cell{"name", r.name})
		case "fields":
			out[i].cells = append(out[i].cells, cell{"name", r.name})
			for _, field := range l.args.Fields {
				out[i].cells = append(out[i].cells, cell{field, project(r.object, field)})
			}
		default:
			out[i].cells = append(out[i].cells, r.cells...)
		}
	}
	return out
}

// project is what is at a path such as spec.containers[*].image, or without the
// brackets: what a list has is a list.
func project(v any, field string) any {
	return lookUp(v, pathOf(field))
}

func pathOf(field string) []string {
	field = strings.TrimPrefix(strings.Trim(field, "{}"), ".")
	return strings.Split(strings.NewReplacer("[*]", "", "[", ".", "]", "").Replace(field), ".")
}

func lookUp(v any, path []string) any {
	if len(path) == 0 || path[0] == "" {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		for n := len(path); n > 0; n-- { // names of labels have dots
			if in, ok := v[strings.Join(path[:n], ".")]; ok {
				return lookUp(in, path[n:])
			}
		}
	case []any:
		if i, err := strconv.Atoi(path[0]); err == nil {
			if i >= 0 && i < len(v) {
				return lookUp(v[i], path[1:])
			}
			return nil
		}
		var all []any
		for _, e := range v {
			if in := lookUp(e, path); in != nil {
				all = append(all, in)
			}
		}
		if all != nil {
			return all
		}
	}
	return nil
}

// hasStatus reports whether a row is in a state, or with ! before it, is not.
func hasStatus(r row, want string) bool {
	if rest, ok := strings.CutPrefix(want, "!"); ok {
		return !hasStatus(r, strings.TrimSpace(rest))
	}
	status := r.cell("status", "phase")
	if strings.EqualFold(want, "ready") || strings.EqualFold(want, "healthy") {
		return ready(r, status)
	}
	for _, text := range []string{status, r.cell("ready"), r.cell("reason"), r.cell("type")} {
		for part := range strings.SplitSeq(text, ",") {
			if strings.EqualFold(part, want) {
				return true
			}
		}
	}
	return false
}

// ready is what the columns say: 2/2, True, Ready; a pod that is done is not one
// that is not ready.
func ready(r row, status string) bool {
	switch status {
	case "Completed", "Succeeded", "Complete", "Active", "Bound", "Available":
		return true
	}
	if have, wanted, ok := strings.Cut(r.cell("ready", "completions"), "/"); ok {
		return have == wanted && (status == "" || status == "Running")
	}
	switch strings.ToLower(r.cell("ready", "available")) {
	case "true":
		return true
	case "false", "unknown":
		return false
	}
	if status != "" {
		return strings.EqualFold(status, "ready") || strings.HasPrefix(status, "Ready,") || strings.EqualFold(status, "running")
	}
	return true // nothing says otherwise
}
