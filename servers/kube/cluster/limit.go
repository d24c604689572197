package cluster

import (
	"path"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// Limit is which namespaces may be seen. The zero value allows all.
type Limit struct{ globs []string }

func matches(globs []string, name string) bool {
	if len(globs) == 0 {
		return true
	}
	for _, glob := range globs {
		if ok, err := path.Match(glob, name); ok && err == nil {
			return true
		}
	}
	return false
}

// Any reports whether all namespaces may be seen.
func (l Limit) Any() bool { return len(l.globs) == 0 }

// Patterns are what is allowed; nil: all.
func (l Limit) Patterns() []string { return l.globs }

// Allows reports whether a namespace may be seen.
func (l Limit) Allows(namespace string) bool { return matches(l.globs, namespace) }

// Names are the namespaces that are allowed by name, and whether there is a
// pattern besides, for which the cluster has to be asked.
func (l Limit) Names() (names []string, patterns bool) {
	for _, glob := range l.globs {
		if strings.ContainsAny(glob, `*?[\`) {
			patterns = true
		} else {
			names = append(names, glob)
		}
	}
	return names, patterns
}

// Check is an error for a namespace that may not be seen.
func (l Limit) Check(namespace string) error {
	if l.Allows(namespace) {
		return nil
	}
	return kit.Errorf(kit.PermissionDenied, "the namespace %q is not among those that this server may see", namespace).
		WithHint("it may see %s; whoever runs it sets K8S_ALLOWED_NAMESPACES", strings.Join(l.globs, ", "))
}

// openToAll are the kinds without a namespace that say little of others'
// namespaces, and may be read under a limit.
var openToAll = map[string]bool{
	"nodes": true, "namespaces": true, "storageclasses.storage.k8s.io": true, "ingressclasses.networking.k8s.io": true,
	"priorityclasses.scheduling.k8s.io": true, "runtimeclasses.node.k8s.io": true, "customresourcedefinitions.apiextensions.k8s.io": true,
	"nodes.metrics.k8s.io": true,
}

// CheckKind is an error for a kind without a namespace that would tell of
// namespaces that may not be seen.
func (l Limit) CheckKind(k Kind) error {
	if l.Any() || k.Namespaced || openToAll[k.GroupResource()] {
		return nil
	}
	return kit.Errorf(kit.PermissionDenied, "%s have no namespace, and this server may see the namespaces %s only", k.Resource, strings.Join(l.globs, ", ")).
		WithHint("whoever runs it sets K8S_ALLOWED_NAMESPACES")
}
