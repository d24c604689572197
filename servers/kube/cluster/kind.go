package cluster

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kind is a kind of object that a cluster serves.
type Kind struct {
	Group, Version string
	Kind           string // Deployment
	Resource       string // deployments
	Singular       string
	ShortNames     []string
	Namespaced     bool
	Verbs          []string
	Preferred      bool // the version that the cluster prefers
}

// GVR is how the dynamic client calls it.
func (k Kind) GVR() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: k.Group, Version: k.Version, Resource: k.Resource}
}

// GroupKind is how describers call it.
func (k Kind) GroupKind() schema.GroupKind { return schema.GroupKind{Group: k.Group, Kind: k.Kind} }

// GroupVersion is apps/v1, or v1.
func (k Kind) GroupVersion() string {
	return schema.GroupVersion{Group: k.Group, Version: k.Version}.String()
}

// GroupResource is deployments.apps, or pods: how RBAC and messages call it.
func (k Kind) GroupResource() string {
	return schema.GroupResource{Group: k.Group, Resource: k.Resource}.String()
}

// Can reports whether it has a verb.
func (k Kind) Can(verb string) bool { return slices.Contains(k.Verbs, verb) }

// named reports whether name is one of the names of the kind alone.
func (k Kind) named(name string) bool {
	return strings.EqualFold(name, k.Kind) || strings.EqualFold(name, k.Resource) || strings.EqualFold(name, k.Singular) ||
		slices.ContainsFunc(k.ShortNames, func(short string) bool { return strings.EqualFold(name, short) })
}

// is reports whether k is what somebody calls text: pods, po, Pod,
// deployments.apps, deployments.v1.apps, apps/v1/Deployment, apps/Deployment,
// v1/Pod.
func (k Kind) is(text string) bool {
	if i := strings.LastIndexByte(text, '/'); i >= 0 {
		prefix := text[:i]
		return k.named(text[i+1:]) && (strings.EqualFold(prefix, k.GroupVersion()) || k.Preferred && strings.EqualFold(prefix, k.Group))
	}
	if k.named(text) {
		return k.Preferred
	}
	name, rest, ok := strings.Cut(text, ".")
	if !ok || !k.named(name) {
		return false
	}
	if version, group, _ := strings.Cut(rest, "."); strings.EqualFold(version, k.Version) && strings.EqualFold(group, k.Group) {
		return true
	}
	return k.Preferred && strings.EqualFold(rest, k.Group)
}
