package cluster

import (
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/mask"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// What names may have. The API server allows more in some kinds; what it lacks
// here would be read as another path, or hide from a reader.
const (
	maxName     = 253
	maxSelector = 4 << 10
	lower       = "abcdefghijklmnopqrstuvwxyz0123456789"
	dnsChars    = lower + "-"
	nameChars   = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "-._:@+~"
)

// CheckName is an error unless name can be the name of an object, and nothing
// else: no part of a path, no flag, no pattern. what is the argument.
func CheckName(what, name string) error {
	switch {
	case name == "":
		return kit.Errorf(kit.InvalidArgument, "argument %q is empty", what)
	case len(name) > maxName:
		return kit.Errorf(kit.InvalidArgument, "argument %q has %d characters, a name has at most %d", what, len(name), maxName)
	case !only(name, nameChars) || strings.Trim(name, ".") == "" || name[0] == '-':
		return kit.Errorf(kit.InvalidArgument, "argument %q is %q, which cannot be a name", what, short(name)).
			WithHint("give the name alone, without kind, namespace or path")
	}
	return nil
}

// CheckNamespace is the same for a namespace, which is a DNS label.
func CheckNamespace(namespace string) error {
	if namespace == "" || len(namespace) > 63 || !only(namespace, dnsChars) || namespace[0] == '-' || strings.HasSuffix(namespace, "-") {
		return kit.Errorf(kit.InvalidArgument, "argument \"namespace\" is %q, which cannot be the name of a namespace", short(namespace))
	}
	return nil
}

// CheckGlob is the same for a name with * and ? in it.
func CheckGlob(what, glob string) error {
	if len(glob) > maxName || !only(glob, nameChars+"*?") {
		return kit.Errorf(kit.InvalidArgument, "argument %q is %q, which is no name with * and ?", what, short(glob))
	}
	return nil
}

// CheckLabels reads a label selector and writes it the one way.
func CheckLabels(selector string) (string, error) {
	if len(selector) > maxSelector {
		return "", kit.Errorf(kit.InvalidArgument, "argument \"label_selector\" has %d characters, at most %d are taken", len(selector), maxSelector)
	}
	parsed, err := labels.Parse(selector)
	if err != nil {
		return "", kit.Errorf(kit.InvalidArgument, "argument \"label_selector\": %w", err).
			WithHint("write app=web,tier!=cache or app in (web,api)")
	}
	terms, _ := parsed.Requirements()
	for _, term := range terms {
		for value := range term.Values() {
			if mask.Hides("", []string{"metadata", "labels", term.Key()}, value) {
				return "", guessed("label_selector", term.Key())
			}
		}
	}
	return parsed.String(), nil
}

// CheckFields does the same for a field selector of a kind.
func CheckFields(selector string, kind Kind) (string, error) {
	if len(selector) > maxSelector {
		return "", kit.Errorf(kit.InvalidArgument, "argument \"field_selector\" has %d characters, at most %d are taken", len(selector), maxSelector)
	}
	parsed, err := fields.ParseSelector(selector)
	if err != nil {
		return "", kit.Errorf(kit.InvalidArgument, "argument \"field_selector\": %w", err).
			WithHint("write status.phase=Running,spec.nodeName=node-1")
	}
	for _, term := range parsed.Requirements() {
		path := strings.FieldsFunc(term.Field, func(r rune) bool { return strings.ContainsRune(`.[]'"\\`, r) })
		if mask.Hides(kind.Kind, path, term.Value) || mask.Sensitive(term.Field) {
			return "", guessed("field_selector", term.Field)
		}
	}
	return parsed.String(), nil
}

// guessed is why nothing is selected by a value that is not shown: what comes of it
// says whether a guess was right.
func guessed(what, path string) error {
	return kit.Errorf(kit.PermissionDenied, "argument %q: the value of %s is not shown, and a selector would tell whether a guess of it is right", what, short(path)).
		WithHint("select by something else")
}

func only(s, chars string) bool {
	for _, r := range s {
		if !strings.ContainsRune(chars, r) {
			return false
		}
	}
	return true
}

// short is enough of a text that is wrong to recognise it.
func short(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
