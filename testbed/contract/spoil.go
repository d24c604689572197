package contract

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Spoil changes a member of an answer, of which schemas says what it may be. It
// reports whether the member is to be left out.
type Spoil func(name string, required bool, schemas []*openapi3.Schema, value any) (now any, out bool)

// Nulls has null in every member that may be null.
func Nulls(_ string, _ bool, schemas []*openapi3.Schema, value any) (any, bool) {
	if slices.ContainsFunc(schemas, func(s *openapi3.Schema) bool { return s.PermitsNull() }) {
		return nil, false
	}
	return value, false
}

// Bare leaves out every member that need not be there.
func Bare(_ string, required bool, _ []*openapi3.Schema, value any) (any, bool) {
	return value, !required
}

// Spoiled is next with its good answers in JSON changed as the description allows,
// member by member: what a client must be able to read.
func (d *Description) Spoiled(next http.Handler, how Spoil) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r, _ := d.find(req.Method, req.URL.EscapedPath())
		if r == nil {
			next.ServeHTTP(w, req)
			return
		}
		kept := httptest.NewRecorder()
		next.ServeHTTP(kept, req)
		body := kept.Body.Bytes()
		if schema, _ := r.schema(kept.Code); schema != nil && kept.Code < 300 && isJSON(kept.Header().Get("Content-Type")) {
			var value any
			if json.Unmarshal(body, &value) == nil {
				body = marshal(spoil([]*openapi3.Schema{schema}, value, how))
				kept.Header().Del("ETag") // it is another answer now
			}
		}
		maps.Copy(w.Header(), kept.Header())
		w.WriteHeader(kept.Code)
		w.Write(body) // the client may have left
	})
}

func marshal(value any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic(err) // it came from JSON
	}
	return out.Bytes()
}

// fitting are the alternatives that a value is.
func fitting(schemas []*openapi3.Schema, value any) (list []*openapi3.Schema) {
	for _, one := range schemas {
		for _, option := range alternatives(one) {
			if option.VisitJSON(value) == nil {
				list = append(list, option)
			}
		}
	}
	return list
}

func spoil(schemas []*openapi3.Schema, value any, how Spoil) any {
	switch value := value.(type) {
	case map[string]any:
		s := newShape(append(fitting(schemas, value), schemas...))
		for name, v := range value {
			known := s.members[name]
			if len(known) == 0 {
				continue // a name that is data
			}
			now, out := how(name, slices.Contains(s.required, name), known, v)
			if out {
				delete(value, name)
				continue
			}
			value[name] = spoil(known, now, how)
		}
	case []any:
		items := newShape(schemas).items
		for i, one := range value {
			value[i] = spoil(items, one, how)
		}
	}
	return value
}
