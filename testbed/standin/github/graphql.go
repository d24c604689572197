package github

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// graphQL executes a document: fields are members of objects, or functions of
// their arguments. The checker has held it against the schema.
func (h *Hub) graphQL(c *call) reply {
	var in struct {
		Query         string
		OperationName string
		Variables     map[string]any
	}
	c.decode(&in)
	op, problem := h.schema.Operation(in.Query, in.OperationName, in.Variables)
	if op == nil {
		return ok(obj{"errors": []any{obj{"message": problem}}})
	}
	x := &execution{c: c, variables: in.Variables}
	root := x.query()
	if op.Operation == ast.Mutation {
		root = x.mutations()
	}
	data := x.object(op.SelectionSet, root, nil)
	out := obj{"data": data}
	if x.errors != nil {
		out["errors"] = x.errors
	}
	return ok(out)
}

// execution of a document.
type execution struct {
	c         *call
	variables map[string]any
	errors    []any
}

// field is a member that depends on arguments.
type field func(args obj, at []any) any

func (x *execution) fail(kind string, path []any, format string, args ...any) any {
	x.errors = append(x.errors, obj{"type": kind, "path": path, "message": fmt.Sprintf(format, args...)})
	return nil
}

// object has what a document selects of one.
func (x *execution) object(selected ast.SelectionSet, of obj, path []any) obj {
	out := obj{}
	for _, s := range selected {
		switch s := s.(type) {
		case *ast.Field:
			at := append(path[:len(path):len(path)], s.Alias)
			out[s.Alias] = x.value(s, of, at)
		case *ast.InlineFragment:
			if s.TypeCondition == "" || s.TypeCondition == of["__typename"] {
				merge(out, x.object(s.SelectionSet, of, path))
			}
		case *ast.FragmentSpread:
			if s.Definition.TypeCondition == of["__typename"] {
				merge(out, x.object(s.Definition.SelectionSet, of, path))
			}
		}
	}
	return out
}

func merge(into, from obj) {
	for name, v := range from {
		into[name] = v
	}
}

func (x *execution) value(s *ast.Field, of obj, path []any) any {
	v, known := of[s.Name]
	if f, ok := v.(field); ok {
		args := obj{}
		for _, a := range s.Arguments {
			v, err := a.Value.Value(x.variables)
			if err != nil {
				return x.fail("INVALID", path, "%v", err)
			}
			args[a.Name] = v
		}
		v = f(args, path)
	}
	if !known {
		return x.fail("UNPROCESSABLE", path, "the stand-in knows no field %s", s.Name)
	}
	if x.c.h.lies.GraphNulls && mayBeNull(s.Definition.Type, v) {
		return nil
	}
	return x.pick(s.SelectionSet, v, path)
}

// mayBeNull reports whether a field that is no way to others may be null.
func mayBeNull(t *ast.Type, v any) bool {
	o, isObject := v.(obj)
	_, isList := v.([]any)
	return !t.NonNull && !isList && (!isObject || o["__typename"] == "User" || o["__typename"] == "GitActor")
}

func (x *execution) pick(selected ast.SelectionSet, v any, path []any) any {
	switch v := v.(type) {
	case obj:
		if len(selected) == 0 {
			return v
		}
		return x.object(selected, v, path)
	case []any:
		out := []any{}
		for i, one := range v {
			out = append(out, x.pick(selected, one, append(path[:len(path):len(path)], i)))
		}
		return out
	}
	return v
}

// connection is a list in pages.
func connection(all []any) field {
	return func(args obj, at []any) any {
		start, size := 0, len(all)
		if after, ok := args["after"].(string); ok {
			start, _ = strconv.Atoi(after)
		}
		switch first := args["first"].(type) {
		case int64:
			size = int(first)
		case json.Number, float64:
			size, _ = strconv.Atoi(fmt.Sprint(first))
		}
		if last, ok := args["last"].(int64); ok {
			start = max(0, len(all)-int(last))
		}
		start = min(start, len(all))
		end := min(start+size, len(all))
		return obj{
			"nodes": all[start:end], "totalCount": len(all),
			"pageInfo": obj{"hasNextPage": end < len(all), "endCursor": strconv.Itoa(end), "hasPreviousPage": start > 0, "startCursor": strconv.Itoa(start)},
		}
	}
}

func (x *execution) query() obj {
	return obj{
		"__typename": "Query",
		"viewer":     x.actor(x.c.me),
		"repository": field(func(args obj, at []any) any {
			name := fmt.Sprintf("%v/%v", args["owner"], args["name"])
			r := x.c.h.repo(name)
			if r == nil || !x.c.sees(r) {
				return x.fail("NOT_FOUND", at, "Could not resolve to a Repository with the name '%s'.", name)
			}
			return x.repository(r)
		}),
		"node": field(func(args obj, at []any) any {
			id, _ := args["id"].(string)
			if r, it, th := x.c.h.thread(id); th != nil {
				return x.thread(r, it, th)
			}
			return x.fail("NOT_FOUND", at, "Could not resolve to a node with the global id of '%s'.", id)
		}),
	}
}

func (x *execution) actor(login string) any {
	if login == "" {
		return nil
	}
	return obj{"__typename": "User", "login": login, "name": login, "email": login + "@github.test", "url": "https://github.test/" + login}
}

// pullID is the global id of a pull request.
func pullID(r *repo, it *item) string { return "PR_" + r.full() + "_" + strconv.Itoa(it.number) }

func (h *Hub) pullByID(id string) (*repo, *item) {
	name, n, _ := cutLast(strings.TrimPrefix(id, "PR_"), "_")
	if r := h.repo(name); r != nil {
		number, _ := strconv.Atoi(n)
		if it := r.item(number); it != nil && it.pull != nil {
			return r, it
		}
	}
	return nil, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func threadID(th *thread) string { return "PRRT_" + strconv.FormatInt(th.id, 10) }

// thread is found by its global id.
func (h *Hub) thread(id string) (*repo, *item, *thread) {
	for _, r := range h.repos {
		for _, it := range r.items {
			if it.pull == nil {
				continue
			}
			for _, th := range it.pull.threads {
				if threadID(th) == id {
					return r, it, th
				}
			}
		}
	}
	return nil, nil, nil
}
