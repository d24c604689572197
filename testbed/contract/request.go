package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// problems are what is wrong with a request.
func (r *route) problems(path string, query url.Values, header http.Header, body []byte) (list []string) {
	for name, value := range r.values(path) {
		for _, p := range mismatch(r.inPath[name], []string{value}) {
			list = append(list, "path parameter "+name+" "+p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		p := r.query[name]
		if p == nil {
			list = append(list, fmt.Sprintf("there is no query parameter %s%s", name, nearest(name, r.query)))
			continue
		}
		for _, problem := range mismatch(p, query[name]) {
			list = append(list, "query parameter "+name+" "+problem)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.query)) {
		if r.query[name].Required && !query.Has(name) {
			list = append(list, "the query parameter "+name+" is missing")
		}
	}
	return append(list, r.bodyProblems(header, body)...)
}

func (r *route) bodyProblems(header http.Header, body []byte) []string {
	if r.op.RequestBody == nil {
		if len(body) > 0 {
			return []string{fmt.Sprintf("it takes no body, and got %.80s", body)}
		}
		return nil
	}
	described := r.op.RequestBody.Value
	if len(body) == 0 {
		if described.Required {
			return []string{"its body is missing"}
		}
		return nil
	}
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	media := described.Content.Get(kind)
	if media == nil {
		return []string{fmt.Sprintf("its body is %q, and it takes %s", kind, strings.Join(slices.Sorted(maps.Keys(described.Content)), ", "))}
	}
	if media.Schema == nil || !strings.HasSuffix(kind, "json") {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return []string{fmt.Sprintf("its body is no JSON: %v", err)}
	}
	return misfits(media.Schema.Value, value, openapi3.VisitAsRequest())
}

// mismatch is what is wrong with the values of a parameter.
func mismatch(p *openapi3.Parameter, values []string) (list []string) {
	if p.Schema == nil {
		return nil
	}
	schema := p.Schema.Value
	if newShape([]*openapi3.Schema{schema}).items == nil && len(values) > 1 {
		return []string{fmt.Sprintf("is there %d times", len(values))}
	}
	if schema.Type != nil && schema.Type.Is("array") {
		var all []any
		for _, v := range values {
			for one := range strings.SplitSeq(v, ",") {
				all = append(all, typed(schema.Items.Value, one))
			}
		}
		return misfits(schema, all)
	}
	for _, problem := range misfits(schema, typed(schema, values[0])) {
		list = append(list, fmt.Sprintf("is %.80q: %s", values[0], problem))
	}
	return list
}

// typed is a text as the JSON that a schema wants, or as it is.
func typed(schema *openapi3.Schema, text string) any {
	for _, one := range append([]*openapi3.Schema{schema}, alternatives(schema)...) {
		if one.Type == nil || !(one.Type.Includes("integer") || one.Type.Includes("number") || one.Type.Includes("boolean")) {
			continue
		}
		var value any
		if json.Unmarshal([]byte(text), &value) == nil {
			switch value.(type) {
			case float64, bool:
				return value
			}
		}
	}
	return text
}

func alternatives(schema *openapi3.Schema) (list []*openapi3.Schema) {
	for _, ref := range slices.Concat(schema.OneOf, schema.AnyOf) {
		list = append(list, ref.Value)
	}
	return list
}

// nearest is a hint at the name that was meant.
func nearest[V any](name string, known map[string]V) string {
	flat := func(s string) string { return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(s)) }
	for _, one := range slices.Sorted(maps.Keys(known)) {
		if flat(one) == flat(name) || strings.HasPrefix(flat(one), flat(name)) || strings.HasPrefix(flat(name), flat(one)) {
			return ": did you mean " + one + "?"
		}
	}
	return "; there are " + strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}
