package rules

import (
	"reflect"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// with is an object with another value for a key.
func with(o configfile.Object, key string, value any) configfile.Object {
	out := make(configfile.Object, 0, len(o)+1)
	found := false
	for _, m := range o {
		if m.Key == key {
			m.Value, found = value, true
		}
		out = append(out, m)
	}
	if !found {
		out = append(out, configfile.Member{Key: key, Value: value})
	}
	return out
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// text is a text of an object, empty if there is none.
func text(o configfile.Object, key string) string {
	v, _ := o.Get(key)
	s, _ := v.(string)
	return s
}

// stringsOf are the texts in a list of an object, and whether there is a list.
func stringsOf(o configfile.Object, key string) (out []string, ok bool) {
	v, _ := o.Get(key)
	all, ok := v.([]any)
	for _, e := range all {
		if s, is := e.(string); is {
			out = append(out, s)
		}
	}
	return out, ok
}
