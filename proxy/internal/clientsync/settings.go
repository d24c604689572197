package clientsync

import (
	"reflect"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// withSettings are the entries that are wanted, with what the user has set in those
// that are there: tools that are always allowed, or switched off. What Loom itself set
// there before, and does not any more, goes. What is carried over from entries that are
// taken over comes on top, and is the user's from then on.
func (w Wanted) withSettings(r Record, there []configfile.Entry) configfile.Object {
	out := slices.Clone(w.Entries)
	for i, m := range out {
		want, ok := m.Value.(configfile.Object)
		if !ok {
			continue
		}
		at := slices.IndexFunc(there, func(e configfile.Entry) bool { return e.Key == m.Key })
		if _, ours := r.Entries[m.Key]; at >= 0 && ours {
			value, _, _ := kept(r.Settings[m.Key]) // Loom wrote it
			before, _ := value.(configfile.Object)
			if now, ok := there[at].Value.(configfile.Object); ok {
				want = merge(want, now, before)
			}
		}
		for _, c := range w.Carried[m.Key] {
			value := c.Value
			if now, there := want.Get(c.Key); there {
				value = mergeValue(value, now, nil)
			}
			want = want.With(c.Key, value)
		}
		out[i].Value = want
	}
	return out
}

// merge is an entry that is wanted with the settings of the one that is there. before
// are those that Loom wrote into it.
func merge(want, now, before configfile.Object) configfile.Object {
	var out configfile.Object
	for _, m := range want {
		if target.IsSetting(m.Key) {
			if value, there := now.Get(m.Key); there {
				was, _ := before.Get(m.Key)
				m.Value = mergeValue(m.Value, value, was)
			}
		}
		out = append(out, m)
	}
	for _, m := range now {
		_, again := want.Get(m.Key)
		if again || !target.IsSetting(m.Key) {
			continue
		}
		was, ours := before.Get(m.Key)
		if ours {
			m.Value = mergeValue(nil, m.Value, was)
		}
		if !ours || !isEmpty(m.Value) {
			out = append(out, m)
		}
	}
	return out
}

// mergeValue is what is there, without what was written before, with what is wanted.
func mergeValue(want, now, before any) any {
	switch now := now.(type) {
	case []any:
		wanted, _ := want.([]any)
		old, _ := before.([]any)
		out := slices.DeleteFunc(slices.Clone(now), func(v any) bool { return in(old, v) && !in(wanted, v) })
		for _, v := range wanted {
			if !in(out, v) && !in(old, v) { // one that was written and is gone was taken out by the user
				out = append(out, v)
			}
		}
		return out
	case configfile.Object:
		wanted, _ := want.(configfile.Object)
		old, _ := before.(configfile.Object)
		var out configfile.Object
		for _, m := range now {
			was, ours := old.Get(m.Key)
			if _, again := wanted.Get(m.Key); ours && !again && reflect.DeepEqual(was, m.Value) {
				continue
			}
			out = append(out, m)
		}
		for _, m := range wanted {
			_, there := out.Get(m.Key)
			if _, ours := old.Get(m.Key); !there && !ours {
				out = append(out, m)
			}
		}
		return out
	}
	if reflect.DeepEqual(now, before) {
		return want
	}
	return now
}

func in(list []any, v any) bool {
	return slices.ContainsFunc(list, func(o any) bool { return reflect.DeepEqual(o, v) })
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case configfile.Object:
		return len(v) == 0
	}
	return false
}

// settingsOf are the settings of an entry as Loom wants it, to be kept.
func settingsOf(entry any) string {
	o, _ := entry.(configfile.Object)
	var own configfile.Object
	for _, m := range o {
		if target.IsSetting(m.Key) {
			own = append(own, m)
		}
	}
	if len(own) == 0 {
		return ""
	}
	return configfile.JSON(own)
}
