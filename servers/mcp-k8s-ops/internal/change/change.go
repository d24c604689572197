// Package change shows what happens to an object: the difference of two states
// of it, without what the API server keeps for itself and without values that
// are secret. That such a value changes is shown all the same.
package change

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/loom-core/loom/servers/kube/mask"
	"github.com/loom-core/loom/servers/mcp-k8s-ops/internal/diff"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// kept by the API server, and different after every write.
var kept = []string{"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"}

// Equal reports whether two states of an object say the same. nil is an object
// that is not there.
func Equal(before, after map[string]any) bool {
	return reflect.DeepEqual(own(before), own(after))
}

// counted are members of metadata that the API server sets anew when a controller
// writes no more than a status.
var counted = []string{"managedFields", "resourceVersion", "generation", "selfLink"}

// Sum stands for all that an object says but its status and what is counted. Two
// states with the same sum are the same to a plan: a controller that counts pods
// does not make it another one, and whatever else is changed does.
func Sum(o map[string]any) string {
	if o != nil {
		o = runtime.DeepCopyJSON(o)
		delete(o, "status")
		if meta, ok := o["metadata"].(map[string]any); ok {
			for _, name := range counted {
				delete(meta, name)
			}
		}
	}
	return sumOf(o)
}

// Owners stands for who owns which fields of an object, but those of its status.
// What a server-side apply does hangs on that: it removes what its manager owned
// alone, and is refused what others own.
func Owners(o map[string]any) string {
	all, _, _ := unstructured.NestedSlice(o, "metadata", "managedFields")
	var owners []any
	for _, one := range all {
		entry, _ := one.(map[string]any)
		if entry == nil || entry["subresource"] == "status" {
			continue
		}
		delete(entry, "time")
		if fields, ok := entry["fieldsV1"].(map[string]any); ok {
			if delete(fields, "f:status"); len(fields) == 0 {
				continue // of a kind without the subresource
			}
		}
		owners = append(owners, entry)
	}
	return sumOf(owners)
}

func sumOf(v any) string {
	raw, err := json.Marshal(v) // members by name
	if err != nil {
		return "" // it was decoded from JSON
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}

// Diff is the difference of two states, under the name.
func Diff(name string, before, after map[string]any) string {
	before, after = own(before), own(after)
	shownBefore, shownAfter := shown(before), shown(after)
	if before != nil && after != nil {
		tell(before, after, shownBefore, shownAfter)
	}
	return diff.Unified(name, text(shownBefore), text(shownAfter))
}

// own is what an object is besides what is kept. The status is what it came to.
func own(o map[string]any) map[string]any {
	if o == nil {
		return nil
	}
	o = runtime.DeepCopyJSON(o)
	delete(o, "status")
	if meta, ok := o["metadata"].(map[string]any); ok {
		for _, name := range kept {
			delete(meta, name)
		}
		if notes, ok := meta["annotations"].(map[string]any); ok {
			delete(notes, mask.LastApplied)
			if len(notes) == 0 {
				delete(meta, "annotations")
			}
		}
	}
	return o
}

// Hides reports whether an object has values that are not shown, the last-applied
// annotation aside.
func Hides(o map[string]any) bool {
	o = runtime.DeepCopyJSON(o)
	if meta, ok := o["metadata"].(map[string]any); ok {
		if notes, ok := meta["annotations"].(map[string]any); ok {
			delete(notes, mask.LastApplied)
		}
	}
	return !reflect.DeepEqual(o, shown(o))
}

// HidesAt reports whether something at a JSON pointer is not shown. An index stands
// for all elements of its list: operations of a patch move them.
func HidesAt(o map[string]any, pointer string) bool {
	var path []string
	if _, rest, ok := strings.Cut(pointer, "/"); ok { // what is before it is not looked at by API servers
		for name := range strings.SplitSeq(rest, "/") {
			path = append(path, unescape.Replace(name))
		}
	}
	return differ(o, shown(o), path)
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

func differ(before, after any, path []string) bool {
	if len(path) == 0 {
		return !reflect.DeepEqual(before, after)
	}
	switch b := before.(type) {
	case map[string]any:
		a, _ := after.(map[string]any)
		in, ok := b[path[0]]
		return ok && differ(in, a[path[0]], path[1:])
	case []any:
		a, _ := after.([]any)
		for i := range b {
			if i >= len(a) || differ(b[i], a[i], path[1:]) {
				return true
			}
		}
	}
	return false
}

func shown(o map[string]any) map[string]any {
	if o == nil {
		return nil
	}
	o = runtime.DeepCopyJSON(o)
	mask.Object(o, "", false)
	return o
}

func text(o map[string]any) string {
	if o == nil {
		return ""
	}
	raw, err := yaml.Marshal(o)
	if err != nil {
		return "" // it was decoded from JSON
	}
	return string(raw)
}

// The marks of a value that changes and may not be shown.
const (
	old   = " (old value)"
	fresh = " (new value)"
)

// tell marks the values that differ and look the same once they are masked.
func tell(before, after, shownBefore, shownAfter map[string]any) {
	for name, a := range after {
		b, ok := before[name]
		if !ok {
			continue
		}
		shownBefore[name], shownAfter[name] = told(b, a, shownBefore[name], shownAfter[name])
	}
}

func told(before, after, shownBefore, shownAfter any) (any, any) {
	switch a := after.(type) {
	case string:
		b, ok := before.(string)
		sb, ok1 := shownBefore.(string)
		sa, ok2 := shownAfter.(string)
		if ok && ok1 && ok2 && a != b && sa == sb {
			return sb + old, sa + fresh
		}
	case map[string]any:
		b, ok := before.(map[string]any)
		sb, ok1 := shownBefore.(map[string]any)
		sa, ok2 := shownAfter.(map[string]any)
		if ok && ok1 && ok2 {
			tell(b, a, sb, sa)
		}
	case []any:
		b, ok := before.([]any)
		sb, ok1 := shownBefore.([]any)
		sa, ok2 := shownAfter.([]any)
		if ok && ok1 && ok2 && len(sb) == len(b) && len(sa) == len(a) {
			for i := range min(len(a), len(b)) {
				sb[i], sa[i] = told(b[i], a[i], sb[i], sa[i])
			}
		}
	}
	return shownBefore, shownAfter
}
