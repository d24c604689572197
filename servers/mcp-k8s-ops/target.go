package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
)

// target is one object. Its names are checked.
type target struct {
	kind            cluster.Kind
	namespace, name string
}

// String is deployments.apps shop/web.
func (t target) String() string {
	if t.namespace == "" {
		return t.kind.GroupResource() + " " + t.name
	}
	return fmt.Sprintf("%s %s/%s", t.kind.GroupResource(), t.namespace, t.name)
}

// path is where the object is in the API.
func (t target) path() string {
	root := "/apis/" + t.kind.GroupVersion()
	if t.kind.Group == "" {
		root = "/api/" + t.kind.Version
	}
	if t.namespace != "" {
		root += "/namespaces/" + t.namespace
	}
	return root + "/" + t.kind.Resource + "/" + t.name
}

// is reports whether t is of one of the kinds, given as deployments.apps.
func (t target) is(kinds ...string) bool { return slices.Contains(kinds, t.kind.GroupResource()) }

// object finds the kind and checks the names. It does not ask for the object.
func (s *session) object(ctx context.Context, kind, name, namespace string) (target, error) {
	if before, after, ok := strings.Cut(name, "/"); ok && strings.EqualFold(before, kind) {
		name = after // deploy/web
	}
	if err := cluster.CheckName("name", name); err != nil {
		return target{}, err
	}
	k, err := s.Kind(ctx, kind)
	if err != nil {
		return target{}, err
	}
	t := target{kind: k, name: name}
	if !k.Namespaced {
		if t.is("namespaces") {
			return t, s.Limit.Check(name)
		}
		return t, nil
	}
	if t.namespace = namespace; namespace == "" {
		t.namespace = s.Namespace
	}
	if err := cluster.CheckNamespace(t.namespace); err != nil {
		return target{}, err
	}
	return t, s.Limit.Check(t.namespace)
}

// writable is the object, if it may be changed.
func (o *ops) writable(ctx context.Context, s *session, kind, name, namespace string) (target, error) {
	t, err := s.object(ctx, kind, name, namespace)
	if err != nil {
		return t, err
	}
	return t, o.mayWrite(s, t)
}

func (o *ops) mayWrite(s *session, t target) error {
	namespace := t.namespace
	if t.is("namespaces") {
		namespace = t.name
	}
	if glob, ok := o.protects(namespace); ok {
		return kit.Errorf(kit.PermissionDenied, "%s: the namespace %s is protected, nothing in it is changed", t, namespace).
			WithHint("it matches %s; whoever runs this server sets %s", glob, protectedEnv)
	}
	if t.namespace == "" && !s.Limit.Any() {
		return kit.Errorf(kit.PermissionDenied, "%s has no namespace, and this server may change things in some namespaces only", t).
			WithHint("whoever runs it sets K8S_ALLOWED_NAMESPACES")
	}
	return nil
}

func (o *ops) protects(namespace string) (glob string, yes bool) {
	for _, glob := range o.protected {
		if ok, _ := path.Match(glob, namespace); ok && namespace != "" {
			return glob, true
		}
	}
	return "", false
}
