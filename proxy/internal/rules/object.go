package rules

import (
	"reflect"
	"slices"

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

// onto is an object with further keys: objects are joined, and lists.
func onto(o, more configfile.Object) configfile.Object {
	joined, _ := join(o, more).(configfile.Object)
	return joined
}

func join(base, more any) any {
	switch more := more.(type) {
	case configfile.Object:
		o, _ := base.(configfile.Object)
		o = slices.Clone(o)
		for _, m := range more {
			was, _ := o.Get(m.Key)
			o = with(o, m.Key, join(was, m.Value))
		}
		return o
	case []any:
		all, _ := base.([]any)
		all = slices.Clone(all)
		for _, v := range more {
			if !slices.ContainsFunc(all, func(o any) bool { return equal(o, v) }) {
				all = append(all, v)
			}
		}
		return all
	}
	return more
}
