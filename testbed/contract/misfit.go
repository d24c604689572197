package contract

import (
	"errors"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// misfits are what of a value does not fit a schema, "/path: why", and members
// that the schema does not know.
func misfits(schema *openapi3.Schema, value any, options ...openapi3.SchemaValidationOption) []string {
	var list []string
	if err := schema.VisitJSON(value, append(options, openapi3.MultiErrors())...); err != nil {
		list = said(err, "")
	}
	for _, path := range unknown([]*openapi3.Schema{schema}, value, "") {
		list = append(list, at(path, "the description does not know it"))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// said is an error of the validator in lines: where, and why.
func said(err error, path string) (list []string) {
	var many openapi3.MultiError
	if errors.As(err, &many) {
		for _, one := range many {
			list = append(list, said(one, path)...)
		}
		return list
	}
	var one *openapi3.SchemaError
	if !errors.As(err, &one) {
		return []string{at(path, err.Error())}
	}
	where := path
	if own := one.JSONPointer(); len(own) > 0 {
		where += "/" + strings.Join(own, "/")
	}
	// Why none of several fits is said by the one that has the fewest objections.
	if one.Origin != nil {
		if inner := said(one.Origin, where); len(inner) > 0 && len(inner) <= 3 {
			return inner
		}
	}
	return []string{at(where, one.Reason)}
}

func at(path, why string) string {
	if path == "" {
		return why
	}
	return path + ": " + why
}
