package mask

import "slices"

// Hides reports whether a text at a path of an object would not be shown, for the
// names on the way to it or for what it is itself. A member called value counts as
// that of a credential: nobody knows here what the object calls it.
func Hides(kind string, path []string, text string) bool {
	return covers(kind, path, text) || covers(kind, path, "any text")
}

func covers(kind string, path []string, text string) bool {
	var v any = text
	for _, name := range slices.Backward(path) {
		o := map[string]any{name: v}
		if name == "value" {
			o["name"] = endings[0]
		}
		v = o
	}
	if o, ok := v.(map[string]any); ok {
		Object(o, kind, false)
	}
	for _, name := range path {
		o, _ := v.(map[string]any)
		v = o[name]
	}
	return v != any(text)
}
