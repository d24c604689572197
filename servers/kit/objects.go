package kit

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// objectList makes arg a list of objects: a []T, where T is a struct whose
// fields have arg tags like those of the arguments themselves. It reports
// whether typ is one.
func (arg *param) objectList(typ reflect.Type) (bool, error) {
	if typ.Kind() != reflect.Slice || typ.Elem().Kind() != reflect.Struct {
		return false, nil
	}
	of, err := newParams(typ.Elem(), Def{Name: arg.name, bare: true})
	if err != nil {
		return true, err
	}
	if of.paging != nil || len(of.list) == 0 {
		return true, fmt.Errorf("%s has no members that can be given", typ.Elem())
	}
	arg.of = of
	return true, nil
}

// coerceObjects takes a list of objects, one object, and either as JSON text.
// The value is a []T.
func (arg *param) coerceObjects(v any) (any, error) {
	if s, ok := v.(string); ok {
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		var inner any
		if d.Decode(&inner) != nil || d.More() {
			return nil, fmt.Errorf("want a list of objects, got %s", describe(v))
		}
		v = inner
	}
	elements, ok := v.([]any)
	if !ok {
		elements = []any{v}
	}
	if len(elements) == 0 {
		return nil, nil
	}
	list := reflect.MakeSlice(reflect.SliceOf(arg.of.typ), 0, len(elements))
	var problems []string
	for i, e := range elements {
		given, ok := e.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("want a list of objects, got %s at %d", describe(e), i)
		}
		target := reflect.New(arg.of.typ).Elem()
		_, wrong := arg.of.fill(given, target)
		for _, problem := range wrong {
			problems = append(problems, fmt.Sprintf("[%d]: %v", i, problem))
		}
		list = reflect.Append(list, target)
	}
	if problems != nil {
		slices.Sort(problems)
		return nil, fmt.Errorf("%s; each takes %s", strings.Join(problems, "; "), arg.of.names())
	}
	return list.Interface(), nil
}

// joinOwner makes one name of two: most clients of forges take an owner and a
// repo, ours take owner/name.
func (p *params) joinOwner(given map[string]any) map[string]any {
	owner, hasOwner := given["owner"].(string)
	name, hasName := given["repo"].(string)
	if !hasOwner || p.byName["repo"] == nil || p.byName["owner"] != nil {
		return given
	}
	joined := make(map[string]any, len(given))
	for k, v := range given {
		joined[k] = v
	}
	delete(joined, "owner")
	if hasName && strings.TrimSpace(owner) != "" && !strings.Contains(name, "/") {
		joined["repo"] = strings.TrimSpace(owner) + "/" + strings.TrimSpace(name)
	} else if !hasName {
		joined["owner"] = given["owner"] // alone it says nothing
	}
	return joined
}
